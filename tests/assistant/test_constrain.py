"""Answers held to a shape: random weights, which know nothing, can write nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.engines.constrain import constraint, processor
from finetune.base import Base, load_base
from finetune.form import Form
from finetune.render import label_tokens, prompt_ids, terminators
from foundation.errors import UserError

QUESTIONS = (
    "What is the fee?",
    "And the price of the longest plan that you have, with all of its parts?",
    "Hi",
)
WORD = {"type": "string", "maxLength": 8}


def thing(required: Sequence[str] | None = None, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others; all are required where nothing else is said."""
    asked = list(properties if required is None else required)
    return {"type": "object", "properties": properties, "required": asked, "additionalProperties": False}


MONEY = thing(amount={"type": "integer", "minimum": 0, "maximum": 100}, unit={"enum": ["TL", "EUR"]})
SCHEMAS: dict[str, dict[str, Any]] = {
    "flat": thing(name=WORD, ok={"type": "boolean"}),
    "nested": thing(
        person=thing(name=WORD, home=thing(city=WORD, zip={"type": "string", "pattern": "^[0-9]{5}$"}))
    ),
    "array": thing(tags={"type": "array", "items": WORD, "minItems": 1, "maxItems": 3}),
    "array of objects": {"type": "array", "items": MONEY, "minItems": 2, "maxItems": 2},
    "enum with Turkish letters and quotes": thing(colour={"enum": ["kırmızı", "yeşil", 'mavi "koyu"']}),
    "names with Turkish letters and quotes": thing(**{"şehir": WORD, 'il"çe': WORD}),
    "const and null": thing(kind={"const": "iade"}, nothing={"type": "null"}),
    "numbers": thing(price={"type": "number", "minimum": 0, "maximum": 999}, n={"enum": [1, 2.5, -3]}),
    "optional properties": thing(["a"], a=WORD, b={"type": "integer", "minimum": -5, "maximum": 5}, c=WORD),
    "limits of strings": thing(
        code={"type": "string", "minLength": 3, "maxLength": 5}, day={"type": "string", "format": "date"}
    ),
    "$defs": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"money": MONEY},
        **thing(price={"$ref": "#/$defs/money"}, fee={"$ref": "#/$defs/money"}),
    },
    "anyOf": thing(v={"anyOf": [{"type": "null"}, {"enum": ["üç"]}, thing(x={"type": "boolean"})]}),
    "allOf": {"allOf": [thing(["a"], a=WORD, b=WORD), {"required": ["b"]}]},
    "a schema that holds itself": {
        "$defs": {"node": thing(["name"], name={"enum": ["a", "ş"]}, next={"$ref": "#/$defs/node"})},
        "$ref": "#/$defs/node",
    },
    "places of an array": {
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": 0, "maximum": 9}, {"enum": ["ğ", "ç"]}],
        "items": False,
        "minItems": 2,
    },
}


@pytest.fixture(scope="module")
def bases(tiny_bases: dict[str, Path]) -> dict[str, Base]:
    return {name: load_base(str(folder)) for name, folder in tiny_bases.items()}


def answers(
    base: Base,
    form: Form,
    tokens: int = 96,
    held: bool = True,
    questions: Sequence[str] = QUESTIONS,
    **more: Any,
) -> list[tuple[str, bool]]:
    """Return what a base answers to a batch padded on the left, and whether it ended by itself."""
    import torch
    from transformers import LogitsProcessorList

    asked = [prompt_ids(base.tokenizer, [{"role": "user", "content": text}]) for text in questions]
    longest = max(map(len, asked))
    pad, ends = int(base.tokenizer.pad_token_id), terminators(base.tokenizer, None)  # type: ignore[arg-type]
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in asked])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in asked])
    shape = constraint(form)
    if held:
        assert shape is not None
        more["logits_processor"] = LogitsProcessorList([processor(base.tokenizer, shape, longest, ends)])  # type: ignore[list-item]
    made: Any = base.model.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=ends,
        pad_token_id=pad,
        **more,
    )
    found = []
    for row in made[:, longest:].tolist():
        end = next((place for place, token in enumerate(row) if token in ends), None)
        assert end is None or set(row[end + 1 :]) <= {pad, *ends}, "something follows the end"
        found.append((base.tokenizer.decode(row[:end], skip_special_tokens=True).strip(), end is not None))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_base_of_random_weights_writes_json_of_the_schema_or_is_cut_off(
    bases: dict[str, Base], name: str
) -> None:
    form = Form(json_schema=SCHEMAS[name])
    made = answers(bases["qwen3"], form)
    assert any(finished for _, finished in made)
    for text, finished in made:
        assert form.check(text).value or not finished, f"{text}: {form.check(text).reason}"


def test_unheld_the_same_base_writes_no_json_at_all(bases: dict[str, Base]) -> None:
    form = Form(json_schema=SCHEMAS["flat"])
    assert not any(form.check(text).value for text, _ in answers(bases["qwen3"], form, held=False))


@pytest.mark.parametrize("name", ["lfm2", "llama"])
def test_every_architecture_is_held(bases: dict[str, Base], name: str) -> None:
    form = Form(json_schema=SCHEMAS["enum with Turkish letters and quotes"])
    assert all(finished and form.check(text).value for text, finished in answers(bases[name], form))


def test_an_answer_that_is_cut_off_does_not_end_and_says_so(bases: dict[str, Base]) -> None:
    form = Form(json_schema=SCHEMAS["nested"])
    for text, finished in answers(bases["qwen3"], form, tokens=6):
        assert not finished and text.startswith("{") and not form.check(text).value


def test_rows_of_a_batch_go_their_own_ways_and_answer_as_they_would_alone(bases: dict[str, Base]) -> None:
    form = Form(json_schema=SCHEMAS["array"])
    base = bases["qwen3"]
    together = answers(base, form)
    assert together == [answers(base, form, questions=[question])[0] for question in QUESTIONS]
    assert len(set(together)) > 1  # or this would show nothing


def test_guessed_tokens_that_are_taken_back_change_no_answer(bases: dict[str, Base]) -> None:
    """Prompt lookup asks for the scores after tokens that it then refuses."""
    base = bases["qwen3"]
    for name in ("array of objects", "limits of strings"):
        form = Form(json_schema=SCHEMAS[name])
        for question in QUESTIONS:
            plain = answers(base, form, questions=[question])
            assert answers(base, form, questions=[question], prompt_lookup_num_tokens=5) == plain


def test_what_was_read_before_may_be_handed_over_as_a_cache(bases: dict[str, Base]) -> None:
    import torch
    from transformers import DynamicCache

    base, form = bases["qwen3"], Form(json_schema=SCHEMAS["flat"])
    (question,) = QUESTIONS[:1]
    ids = torch.tensor([prompt_ids(base.tokenizer, [{"role": "user", "content": question}])])
    cache = DynamicCache(config=base.model.config)
    with torch.inference_mode():
        base.model(input_ids=ids[:, :-2], past_key_values=cache, use_cache=True)
    plain = answers(base, form, questions=[question])
    assert answers(base, form, questions=[question], past_key_values=cache) == plain


def test_an_answer_begins_with_what_the_chat_template_writes_before_it(bases: dict[str, Base]) -> None:
    """The starter's template puts a space there, which is part of the first token that an adapter is taught."""
    import torch

    base, ends = bases["llama"], [2]
    shape = constraint(Form(pattern="^Yes$"))
    assert shape is not None
    held = processor(base.tokenizer, shape, 0, ends)
    scores = held(torch.zeros((1, 0), dtype=torch.long), torch.zeros(1, len(base.tokenizer)))
    (allowed,) = (scores == 0).tolist()
    pieces = {base.tokenizer.decode([token]) for token, may in enumerate(allowed) if may}
    assert pieces and all(" Yes".startswith(piece) for piece in pieces)


@pytest.mark.parametrize(
    "pattern", [r"^\d{3}-[A-ZĞŞ]{2}$", r"^(evet|hayır)( \(emin\))?$", r"\Aiade: [1-9]\d* TL\Z"]
)
def test_a_pattern_that_is_anchored_at_both_ends_is_held(bases: dict[str, Base], pattern: str) -> None:
    made = answers(bases["qwen3"], Form(pattern=pattern), tokens=40)
    assert any(finished for _, finished in made)
    assert all(re.search(pattern, text) or not finished for text, finished in made)
    assert not any(
        re.search(pattern, text) for text, _ in answers(bases["qwen3"], Form(pattern=pattern), 40, False)
    )


def test_labels_are_written_in_the_tokens_that_training_teaches(bases: dict[str, Base]) -> None:
    base, labels, ends = bases["llama"], ("billing", "not open", "not open yet", "iade"), [2]
    allowed, longest = label_tokens(base.tokenizer, labels, ends)
    form = Form(labels=labels)
    made = answers(base, form, tokens=longest)
    assert all(finished and text in labels for text, finished in made)
    assert made == answers(base, form, longest, False, prefix_allowed_tokens_fn=_walk(base, allowed))
    shape = constraint(form)
    assert shape is not None and processor(base.tokenizer, shape, 0, ends).longest == longest


def _walk(base: Base, allowed: dict[tuple[int, ...], list[int]]) -> Any:
    longest = max(len(prompt_ids(base.tokenizer, [{"role": "user", "content": text}])) for text in QUESTIONS)
    return lambda _, ids: allowed.get(tuple(ids[longest:].tolist()), [0])


def test_a_vocabulary_wider_than_the_tokenizer_s_is_not_chosen_from(bases: dict[str, Base]) -> None:
    import torch

    base = bases["llama"]
    shape = constraint(Form(json_schema=SCHEMAS["flat"]))
    assert shape is not None
    wider = len(base.tokenizer) + 40
    held = processor(base.tokenizer, shape, 3, [2])(
        torch.zeros((2, 3), dtype=torch.long), torch.zeros(2, wider)
    )
    assert held.shape == (2, wider)
    assert bool((held[:, len(base.tokenizer) :] == float("-inf")).all()) and bool(
        (held == 0).any(dim=1).all()
    )


def test_a_tokenizer_of_word_pieces_with_bytes_to_fall_back_on_is_held_too() -> None:
    """Llama 2's kind: spaces are written as ▁, and a letter without a piece of its own as bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *'{}":,abk', "▁{"]
    raw = Tokenizer(
        models.BPE(
            vocab={piece: at for at, piece in enumerate(pieces)},
            merges=[("▁", "{")],
            byte_fallback=True,
            unk_token="<unk>",
        )
    )
    raw.normalizer = normalizers.Replace(" ", "▁")
    raw.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="</s>", pad_token="</s>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}</s>{% endfor %}"
    shape = constraint(Form(json_schema=thing(a={"enum": ["kışğ"]})))
    assert shape is not None
    held = processor(tokenizer, shape, 0, [2])
    torch.manual_seed(0)
    ids: list[int] = []
    while 2 not in ids:
        scores = held(torch.tensor([ids], dtype=torch.long), torch.rand(1, len(pieces)))
        ids.append(int(scores.argmax()))
        assert len(ids) < 80
    assert re.fullmatch(
        r'\{\s*"a"\s*:\s*"kışğ"\s*\}', tokenizer.decode(ids, skip_special_tokens=True).strip()
    )


def test_a_tokenizer_that_is_not_a_fast_one_is_refused_with_a_sentence() -> None:
    from transformers import PreTrainedTokenizer

    class Slow(PreTrainedTokenizer):
        def __init__(self) -> None:
            super().__init__(pad_token="a", eos_token="a")
            self.chat_template = "{{ messages[-1]['content'] }}"

        @property
        def vocab_size(self) -> int:
            return 1

        def get_vocab(self) -> dict[str, int]:
            return {"a": 0}

        def _tokenize(self, text: str, **_: Any) -> list[str]:
            return list(text)

        def _convert_token_to_id(self, token: str) -> int:
            return 0

        def _convert_id_to_token(self, index: int) -> str:
            return "a"

    shape = constraint(Form(json_schema=SCHEMAS["flat"]))
    assert shape is not None
    with pytest.raises(UserError, match="its tokenizer is a Slow, and a fast one is needed"):
        processor(Slow(), shape, 0, [0])
