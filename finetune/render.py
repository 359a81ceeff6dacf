"""A conversation as token ids with a loss mask, cut at the very place where serving starts to generate.

The prompt's ids are those that serving feeds the model; only what follows them is trained on, its terminator included. The
mask goes by position: masking by `token == pad` loses the terminator wherever a model pads with it. Knows nothing of
trainers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.layout import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that is not trained on (PyTorch's `ignore_index`)."""


@dataclass(frozen=True)
class Rendered:
    """One conversation, ready to be trained on."""

    ids: tuple[int, ...]
    """Token ids of prompt and completion."""
    prompt: int
    """How many of them are the prompt."""

    @property
    def labels(self) -> list[int]:
        """The ids with the prompt masked, same length as `ids`."""
        return [IGNORED] * self.prompt + list(self.ids[self.prompt :])


def prompt_text(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> str:
    """Return the text that a model continues with its answer: the one way a prompt is made, in training and in serving."""
    text = tokenizer.apply_chat_template(
        _plain(tokenizer, messages), tokenize=False, add_generation_prompt=True
    )
    return str(text)


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    """Return the token ids of `prompt_text`; the template has written the special tokens already."""
    return list(tokenizer(prompt_text(tokenizer, messages), add_special_tokens=False)["input_ids"])


def answer_text(tokenizer: PreTrainedTokenizerBase, prompt: Sequence[Message], answer: str) -> str:
    """Return what the chat template writes after `prompt_text` once the answer is known: the answer, and what ends it.

    Raises:
        ValueError: The chat template changes the prompt when the answer is appended.
    """
    start = prompt_text(tokenizer, prompt)
    turns: list[Message] = [*prompt, {"role": "assistant", "content": answer}]
    whole = str(tokenizer.apply_chat_template(_plain(tokenizer, turns), tokenize=False))
    if not whole.startswith(start):
        raise ValueError(
            "The chat template renders a prompt differently once its answer follows, so training and serving would differ. "
            "Use a base whose template only appends."
        )
    return whole[len(start) :]


def terminators(tokenizer: PreTrainedTokenizerBase, configured: int | Sequence[int] | None) -> list[int]:
    """Return the ids that end an answer: the tokenizer's end and those of the model's generation config."""
    found = [configured] if isinstance(configured, int) else list(configured or ())
    if tokenizer.eos_token_id is not None:
        found.append(int(tokenizer.eos_token_id))
    return sorted(set(found))


def render(
    tokenizer: PreTrainedTokenizerBase, prompt: Sequence[Message], answer: str, ends: Sequence[int]
) -> Rendered:
    """Render a conversation for training.

    Args:
        tokenizer: The base model's.
        prompt: The messages up to and with the last user turn.
        answer: What the assistant should say.
        ends: The ids that end an answer; the rendered completion ends in one of them.

    Raises:
        ValueError: The chat template changes the prompt when the answer is appended, so that the model would be trained on
            another prompt than it is served.
    """
    completion = list(
        tokenizer(answer_text(tokenizer, prompt, answer), add_special_tokens=False)["input_ids"]
    )
    ids = prompt_ids(tokenizer, prompt)
    last = max((place for place, token in enumerate(completion) if token in ends), default=None)
    completion = [*completion, ends[0]] if last is None else completion[: last + 1]
    return Rendered((*ids, *completion), len(ids))


def label_tokens(
    tokenizer: PreTrainedTokenizerBase, labels: Sequence[str], ends: Sequence[int]
) -> tuple[dict[tuple[int, ...], list[int]], int]:
    """Return what may follow each beginning of a label, ends included, as it is trained on; and the longest label's tokens.

    Args:
        tokenizer: The base model's.
        labels: The labels.
        ends: The ids that end an answer.
    """
    allowed: dict[tuple[int, ...], list[int]] = {}
    longest = 0
    for label in labels:
        row = render(tokenizer, [{"role": "user", "content": "?"}], label, ends)
        ids = row.ids[row.prompt :]
        longest = max(longest, len(ids))
        for place, token in enumerate(ids):
            following = allowed.setdefault(ids[:place], [])
            if token not in following:
                following.append(token)
    return allowed, longest


def spelled(tokenizer: PreTrainedTokenizerBase, row: Rendered) -> tuple[str, str]:
    """Return a row as its tokens spell it, special ones included: what is read, and what is taught."""
    return str(tokenizer.decode(list(row.ids[: row.prompt]))), str(
        tokenizer.decode(list(row.ids[row.prompt :]))
    )


def _plain(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return the messages with the tokenizer's special tokens spelled apart, so that only the template writes any."""
    names = {str(token) for token in tokenizer.all_special_tokens} | {
        str(token) for token in tokenizer.added_tokens_decoder.values() if token.special
    }
    spelled = sorted((name for name in names if len(name.strip()) > 1), key=len, reverse=True)
    special = re.compile("|".join(map(re.escape, spelled)) or r"(?!)")

    def apart(text: str) -> str:
        # again, until none is left: taking a letter's place apart may put two others together
        while (changed := special.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)) != text:
            text = changed
        return text

    return [{"role": message["role"], "content": apart(message["content"])} for message in messages]
