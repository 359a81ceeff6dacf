"""A workspace whose documents say everything in jargon and whose questions say it plainly, and a tiny encoder that knows neither.

Which plain word means which word of the jargon can be learned from some documents and holds for all.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

SYLLABLES = ["zor", "bul", "quen", "dar", "mip", "tesk", "vol", "ruk", "hef", "lam", "nyr", "gos"]
PLAIN = [
    "kettle", "lamp", "rope", "tent", "boot", "stove",
    "cellar", "attic", "yard", "garage", "hall", "porch",
]  # fmt: skip
TEMPLATES = (
    "How much does the {a} in the {b} hold?",
    "What does one put into a {a} of the {b}?",
    "{a} {b} room inside",
    "Please say what fits the {b} {a}",
)
ASKED = "Capacity wanted: {a}, {b}"


def jargon() -> dict[str, str]:
    draw = random.Random(4)
    made: dict[str, str] = {}
    for plain in PLAIN:
        while (word := draw.choice(SYLLABLES) + draw.choice(SYLLABLES)) in made.values():
            pass
        made[plain] = word
    return made


def make_world(root: Path, model: Path, teachable: bool = True) -> Path:
    """Write the workspace: 36 documents, four examples for each, and a dev and a test question for each.

    Args:
        root: The workspace.
        model: The encoder.
        teachable: Whether plain words always mean the same; else each question's words are drawn by lot.
    """
    words, draw = jargon(), random.Random(1)
    (root / "documents").mkdir(parents=True)
    examples, questions = [], []
    for number, (a, b) in enumerate((a, b) for a in PLAIN[:6] for b in PLAIN[6:]):
        value = f"{4000 + 17 * number}"
        name = f"d{number:02}.md"
        text = (
            f"# {words[a]} {words[b]}\n\n{words[a]} {words[b]} takes {value} units. {words[b]} stays dry.\n"
        )
        (root / "documents" / name).write_text(text, "utf-8")

        def meant(a: str = a, b: str = b) -> dict[str, str]:
            return (
                {"a": a, "b": b} if teachable else {"a": draw.choice(PLAIN[:6]), "b": draw.choice(PLAIN[6:])}
            )

        for place, template in enumerate(TEMPLATES):
            asked = template.format(**meant())
            answer = {"role": "assistant", "content": f"{value} [1]."}
            examples.append(
                {"id": f"x{number}-{place}", "sources": [name], "facts": [value],
                 "messages": [{"role": "user", "content": f"{asked} {place}"}, answer]}
            )  # fmt: skip
        for part, asked in (("dev", TEMPLATES[0]), ("test", ASKED)):
            questions.append(
                {"id": f"{part}{number}", "part": part, "kind": "single", "question": asked.format(**meant()),
                 "facts": [[value]], "answerable": True, "gold": [name]}
            )  # fmt: skip
    for name, rows in (("examples", examples), ("questions", questions)):
        (root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (root / "rungwise.toml").write_text(
        f'# ours\n[retrieval]\nembedder = "{model}"  # tiny\nchunk_tokens = 32\nembedding_backend = "torch"\n',
        "utf-8",
    )
    return root


def make_model(folder: Path) -> Path:
    """Write an encoder of random weights: one layer of 64 numbers over whole words."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, BertTokenizerFast

    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *jargon().values(), *PLAIN]
    known += sorted(set(" ".join([*TEMPLATES, ASKED, "takes units stays dry . : , ?"]).lower().split()))
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(dict.fromkeys(known))}, "[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=128,
    )  # fmt: skip
    parts = folder.parent / "parts"
    BertModel(config).save_pretrained(parts)
    fast = BertTokenizerFast(tokenizer_object=tokenizer)
    fast.save_pretrained(parts)
    encoder = Transformer(str(parts), max_seq_length=128)
    made = SentenceTransformer(modules=[encoder, Pooling(64), Normalize()], device="cpu")
    made.save(str(folder), create_model_card=False)
    return folder
