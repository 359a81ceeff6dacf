"""Words of the page Home, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "home.title": ("Prompt, retrieve, fine-tune, or both?", "İstem mi, belge mi, eğitim mi, hepsi mi?"),
    "home.what": (
        "Rungwise **asks** what you need, **builds** it, **measures** every way of answering on the same "
        "questions, and stops at the lowest rung that meets the target.",
        "Rungwise neye gereksiniminiz olduğunu **sorar**, onu **kurar**, tüm yanıtlama yollarını aynı sorularda "
        "**ölçer** ve hedefi karşılayan en alt basamakta durur.",
    ),
    "home.next": ("The next step", "Sıradaki adım"),
    "home.begin": (
        "Answer the questionnaire: about five minutes, and “don't know” is an answer too.",
        "Soruları yanıtlayın: beş dakika kadar sürer, “bilmiyorum” da bir yanıttır.",
    ),
    "home.nothing_open": (
        "Nothing that was advised is open. Ask it something, and follow a citation.",
        "Önerilenlerden açık kalan yok. Bir soru sorun ve bir kaynağı izleyin.",
    ),
    "home.in_terminal": ("or in a terminal", "ya da uçbirimde"),
    "home.to.advise": ("Answer the questions", "Soruları yanıtla"),
    "home.to.documents": ("Open Documents", "Belgeleri aç"),
    "home.to.examples": ("Open Examples", "Örnekleri aç"),
    "home.to.train": ("Open Train", "Eğitimi aç"),
    "home.to.compare": ("Open Compare", "Karşılaştırmayı aç"),
    "home.to.chat": ("Open the chat", "Sohbeti aç"),
    "home.stands": ("Where {name} stands", "{name} şu anda nerede"),
    "home.advised": ("Advised", "Önerilen"),
    "home.built": ("Built", "Kurulan"),
    "home.measured": ("Measured", "Ölçülen"),
    "home.served": ("Served", "Sunulan"),
    "home.not_asked": ("Not asked yet", "Henüz sorulmadı"),
    "home.asks": ("Twenty questions lead to a rung", "Yirmi kadar soru bir basamağa götürür"),
    "home.sure": ("Confidence {level}, runner-up {second}", "Güven {level}, ikinci {second}"),
    "home.level.high": ("high", "yüksek"),
    "home.level.medium": ("medium", "orta"),
    "home.level.low": ("low", "düşük"),
    "home.why": ("Why?", "Neden?"),
    "home.library": (
        "**{documents} documents** in {chunks} passages",
        "**{documents} belge**, {chunks} pasajda",
    ),
    "home.no_index": ("No index yet", "Henüz dizin yok"),
    "home.no_adapter": ("No adapter yet", "Henüz adaptör yok"),
    "home.adapter": (
        "Adapter of {day}, trained on {rows} rows",
        "{day} tarihli adaptör, {rows} satırla eğitildi",
    ),
    "home.unread": (
        "{n} files could not be read; `rungwise sync` names them",
        "{n} dosya okunamadı; `rungwise sync` hangileri olduğunu söyler",
    ),
    "home.to_documents": ("The documents", "Belgeler"),
    "home.nothing_yet": ("Nothing yet", "Henüz yok"),
    "home.target": ("The target is {share} of the questions", "Hedef, soruların {share} kadarı"),
    "home.no_winner": ("No winner", "Kazanan yok"),
    "home.passes": ("**{setup}** passes {rate}", "**{setup}** başarısı {rate}"),
    "home.questions": ("{n} questions, target {share}", "{n} soru, hedef {share}"),
    "home.table": ("The table", "Tablo"),
    "home.answers": ("**{setup}** answers in the chat", "Sohbette **{setup}** yanıtlıyor"),
    "home.model": ("Model {name}", "Model {name}"),
    "home.open_to.none": ("To this machine only, without a login", "Yalnızca bu makineye, oturum açmadan"),
    "home.open_to.login": ("To people who sign in", "Oturum açan kişilere"),
    "home.thumbs": ("{up} thumbs up, {down} down", "{up} beğeni, {down} beğenmeme"),
    "home.ladder": ("The ladder", "Merdiven"),
    "home.tag.advised": ("advised", "önerilen"),
    "home.tag.winner": ("winner", "kazanan"),
    "home.tag.index": ("needs an index", "dizin ister"),
    "home.tag.adapter": ("needs an adapter", "adaptör ister"),
}
