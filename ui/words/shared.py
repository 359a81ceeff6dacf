"""Words that several pages say. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "machine": (
        "You are talking to an AI model ({model}), not to a person. It can be wrong: open what it cites before you rely on it.",
        "Bir insanla değil, bir yapay zekâ modeliyle ({model}) konuşuyorsunuz. Yanılabilir: kaynağını açmadan güvenmeyin.",
    ),
    "menu.home": ("Home", "Giriş"),
    "menu.advise": ("Advise", "Öneri"),
    "menu.documents": ("Documents", "Belgeler"),
    "menu.examples": ("Examples", "Örnekler"),
    "menu.train": ("Train", "Eğitim"),
    "menu.chat": ("Chat", "Sohbet"),
    "menu.compare": ("Compare", "Karşılaştırma"),
    "menu.report": ("Report", "Rapor"),
}
