"""Words of the page Advise: the questionnaire and its card, in English and Turkish.

Knows nothing of what is asked and advised, which is worded in `advisor/data`; here are only the buttons and headings around it.
"""

from __future__ import annotations

from advisor import Language, Rung

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Which rung does this need?", "Bu iş hangi basamağı gerektiriyor?"),
    "lead": (
        "Answer what you know; “don't know” is an answer too. The advice is there at any time.",
        "Bildiklerinizi yanıtlayın; “bilmiyorum” da bir yanıttır. Öneri her an görülebilir.",
    ),
    "progress": ("Question {place} of {of}", "Soru {place} / {of}"),
    "example": ("Example", "Örnek"),
    "dont_know": ("Don't know", "Bilmiyorum"),
    "number": ("Your answer in {unit}", "Yanıtınız ({unit})"),
    "between": (
        "Between {low} and {high} {unit}. Leave it empty if you don't know.",
        "{low} ile {high} {unit} arası. Bilmiyorsanız boş bırakın.",
    ),
    "next": ("Next", "İleri"),
    "back": ("Back", "Geri"),
    "to_card": ("Show the advice", "Öneriyi göster"),
    "edit": ("Go through the questions", "Soruları gözden geçir"),
    "save": ("Save to answers.yaml", "answers.yaml dosyasına kaydet"),
    "saved": ("Saved to answers.yaml.", "answers.yaml dosyasına kaydedildi."),
    "unsaved": (
        "Not saved yet: these answers are in this browser tab only.",
        "Henüz kaydedilmedi: bu yanıtlar yalnızca bu sekmede.",
    ),
    "reread": ("Read answers.yaml again", "answers.yaml dosyasını yeniden oku"),
    "download": ("Report as Markdown", "Markdown rapor"),
    "download_html": ("Report as a web page", "Web sayfası rapor"),
    "share": ("Answers as a file", "Yanıtlar dosya olarak"),
    "load": ("Load answers from a file", "Dosyadan yanıt yükle"),
    "loaded": ("Loaded {n} answers from {name}.", "{name} dosyasından {n} yanıt yüklendi."),
    "settled": (
        "No answer that is still open can change the rung: **{rung}**. More answers sharpen method, costs and risks.",
        "Açık kalan hiçbir yanıt basamağı değiştiremez: **{rung}**. Yeni yanıtlar yöntemi, maliyeti ve riskleri netleştirir.",
    ),
    "try_hint": (
        "Click one to see the advice with that answer; you can take it back.",
        "O yanıtla öneriyi görmek için birine tıklayın; geri alabilirsiniz.",
    ),
    "tried": ("Tried out: {what}", "Denenen: {what}"),
    "take_back": ("Take it back", "Geri al"),
    "studies": ("What studies of near cases gained", "Yakın çalışmaların kazandığı"),
    "sources": ("Grounds and sources", "Dayanaklar ve kaynaklar"),
    "rests_on": ("Rests on", "Dayanak"),
    "own_rule": (
        "An arrangement of this project; no outside source.",
        "Bu projenin düzenlemesi; dış kaynak yok.",
    ),
    "your_answers": ("Your answers", "Yanıtlarınız"),
    "answered": ("{n} answered", "{n} yanıt"),
    "change": ("Change", "Değiştir"),
    "advised": ("advised", "önerilen"),
    "second": ("runner-up", "ikinci"),
}
_TOPICS: dict[str, tuple[str, str]] = {
    "knowledge": ("Knowledge", "Bilgi"),
    "goal": ("Goal and measurement", "Hedef ve ölçüm"),
    "form": ("Form and task", "Biçim ve görev"),
    "examples": ("Examples", "Örnekler"),
    "model": ("Model", "Model"),
    "team": ("Team and time", "Ekip ve süre"),
    "money": ("Volume and money", "Hacim ve para"),
}
_RUNGS: dict[Rung, tuple[str, str]] = {
    Rung.PROMPT: (
        "Clear instructions and a few examples in the prompt",
        "İstemde açık yönergeler ve birkaç örnek",
    ),
    Rung.RAG: (
        "Adds knowledge: answers from your documents, with sources",
        "Bilgi katar: belgelerinizden, kaynaklı yanıtlar",
    ),
    Rung.FINETUNE: (
        "Shapes behaviour: form and tone in an adapter",
        "Davranışı biçimler: biçim ve üslup adaptörde",
    ),
    Rung.HYBRID: ("Both: looked-up facts in a trained form", "İkisi birden: aranan bilgi, eğitilmiş biçim"),
}


def topic(name: str, language: Language) -> str:
    """Return what a topic of the questionnaire is called; its id where it is a new one."""
    return _TOPICS.get(name, (name, name))[language is Language.TR]


def rung_line(rung: Rung, language: Language = Language.EN) -> str:
    """Return what a rung means, in one line."""
    return _RUNGS[rung][language is Language.TR]
