"""Words that several pages say. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "shared.page_of_chat": ("page Chat", "Sohbet sayfası"),
    "shared.machine": (
        "You are talking to an AI model ({model}), not to a person. It can be wrong: open what it cites before you rely on it.",
        "Bir insanla değil, bir yapay zekâ modeliyle ({model}) konuşuyorsunuz. Yanılabilir: kaynağını açmadan güvenmeyin.",
    ),
    "shared.mishap": (
        "Something went wrong here, and it is not your mistake (id {id}). "
        "The details are in `.rungwise/log` of the workspace. Reload the page to go on.",
        "Burada bir şeyler ters gitti ve hata sizde değil (kimlik {id}). "
        "Ayrıntılar çalışma alanının `.rungwise/log` klasöründe. Sürdürmek için sayfayı yenileyin.",
    ),
    "shared.language": ("Language", "Dil"),
    "shared.choose": ("Choose", "Seçin"),
    "menu.home": ("Home", "Giriş"),
    "menu.advise": ("Advise", "Öneri"),
    "menu.documents": ("Documents", "Belgeler"),
    "menu.examples": ("Examples", "Örnekler"),
    "menu.train": ("Train", "Eğitim"),
    "menu.chat": ("Chat", "Sohbet"),
    "menu.compare": ("Compare", "Karşılaştırma"),
    "menu.report": ("Report", "Rapor"),
    "menu.monitor": ("Monitor", "İzleme"),
    "menu.govern": ("Govern", "Yönetişim"),
}
