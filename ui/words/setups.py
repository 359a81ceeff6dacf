"""What the four setups are called and do, in English and Turkish. Knows nothing of how any answers."""

from __future__ import annotations

from advisor import Language

SETUPS: dict[str, tuple[str, str]] = {
    "prompt": ("Prompt", "The base model and its instructions alone: no documents, no adapter."),
    "rag": ("RAG", "Looks passages up in your documents and cites them."),
    "lora": ("LoRA", "The base with your trained adapter: the house's form, no documents."),
    "hybrid": ("Hybrid", "Looks passages up and answers with your adapter: facts and form."),
}
"""Every setup's name and what it does."""

_TURKISH: dict[str, tuple[str, str]] = {
    "prompt": ("İstem", "Yalnız temel model ve yönergeleri: belge yok, adaptör yok."),
    "rag": ("RAG", "Belgelerinizden pasaj arar ve kaynağını gösterir."),
    "lora": ("LoRA", "Temel model ve eğittiğiniz adaptör: kurumun üslubu, belge yok."),
    "hybrid": ("Karma", "Pasaj arar ve adaptörünüzle yanıtlar: bilgi ve üslup birlikte."),
}


def setup_name(setup: str, language: Language = Language.EN) -> str:
    """Return what a setup is called; a variant's own name where it is one."""
    words = _TURKISH if language is Language.TR else SETUPS
    return words[setup][0] if setup in words else setup


def setup_line(setup: str, language: Language = Language.EN) -> str:
    """Return what a setup does, in one line; empty for a variant."""
    words = _TURKISH if language is Language.TR else SETUPS
    return words[setup][1] if setup in words else ""
