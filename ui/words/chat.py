"""Words of the page Chat, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "chat.title": ("Ask {name}", "{name}: soru sorun"),
    "chat.ask": ("Ask a question", "Bir soru yazın"),
    "chat.for_example": ("For example", "Örneğin"),
    "chat.starter": (
        "The starter is a tiny model for trying and testing.",
        "Başlangıç modeli, denemek ve sınamak için küçücük bir modeldir.",
    ),
    "chat.kept": (
        "The conversation is kept in this server's memory for up to {hours} hours, for you alone: in no file, and "
        "deleted whenever you like.",
        "Sohbet yalnızca sizin için, en çok {hours} saat boyunca bu sunucunun belleğinde tutulur: hiçbir dosyaya "
        "yazılmaz, istediğiniz an silebilirsiniz.",
    ),
    "chat.kept_shared": (
        "The conversation is kept in this house's database for up to {hours} hours, for you alone, and deleted when you like.",
        "Sohbet yalnızca sizin için, en çok {hours} saat bu kurumun veritabanında tutulur; istediğiniz an silebilirsiniz.",
    ),
    "chat.clicks_kept": (
        "Which passage you open below an answer is kept with your question, so that search learns from it; personal data in the "
        "question is replaced first.",
        "Bir yanıtın altında açtığınız pasaj, arama bundan öğrensin diye sorunuzla birlikte saklanır; sorudaki kişisel veriler "
        "önce değiştirilir.",
    ),
    # conversations
    "chat.new": ("New conversation", "Yeni sohbet"),
    "chat.list": ("Conversations", "Sohbetler"),
    "chat.none_yet": (
        "Nothing was asked yet. Conversations appear here.",
        "Henüz bir şey sorulmadı. Sohbetler burada görünür.",
    ),
    "chat.this_one": ("This conversation", "Bu sohbet"),
    "chat.name": ("Its name", "Adı"),
    "chat.as_markdown": ("Save as Markdown", "Markdown olarak kaydet"),
    "chat.as_json": ("Save as JSON", "JSON olarak kaydet"),
    "chat.delete": ("Delete it", "Sil"),
    "chat.deleted": ("Deleted.", "Silindi."),
    "chat.no_such": (
        "There is no such conversation: it was deleted, has aged out, or is not yours.",
        "Böyle bir sohbet yok: silinmiş, süresi dolmuş ya da size ait değil.",
    ),
    # asking
    "chat.setup": ("Setup", "Kurulum"),
    "chat.adapter": ("Adapter", "Adaptör"),
    "chat.adapter.serving": ("The one that serves", "Kullanımdaki"),
    "chat.adapter.routed": ("By the question's task", "Sorunun görevine göre"),
    "chat.needs_index": (
        "{setup} looks passages up, and there is no index. `rungwise sync` makes it.",
        "{setup} pasaj arar, ama dizin yok. `rungwise sync` oluşturur.",
    ),
    "chat.needs_adapter": (
        "{setup} needs the adapter, and there is none yet. `rungwise train` makes it.",
        "{setup} adaptör ister, ama henüz yok. `rungwise train` oluşturur.",
    ),
    "chat.too_long": (
        "The question has {n} letters, but {most} are allowed. Ask a shorter one.",
        "Soru {n} harf, oysa en çok {most} harf olabilir. Daha kısa sorun.",
    ),
    "chat.too_many": (
        "You have asked as much as one person may for now. Ask again in {wait}.",
        "Şimdilik bir kişinin sorabileceği kadar sordunuz. {wait} sonra yeniden sorun.",
    ),
    "chat.wait.seconds": ("{n} seconds", "{n} saniye"),
    "chat.wait.minutes": ("{n} minutes", "{n} dakika"),
    "chat.wait.hours": ("{n} hours", "{n} saat"),
    "chat.thinking": ("Thinking …", "Düşünüyor …"),
    "chat.loading": ("Loading the model for the first answer …", "İlk yanıt için model yükleniyor …"),
    "chat.stop": ("Stop", "Durdur"),
    "chat.stopped": ("Stopped.", "Durduruldu."),
    "chat.stopped_setup": ("Stopped. Setup: {setup}.", "Durduruldu. Kurulum: {setup}."),
    "chat.empty": ("(The model wrote nothing.)", "(Model hiçbir şey yazmadı.)"),
    # what stands below an answer
    "chat.seconds": ("{n} s", "{n} sn"),
    "chat.abstained": ("says that it can't tell", "bilemediğini söylüyor"),
    "chat.cut_off": ("may be cut off", "yarıda kalmış olabilir"),
    "chat.asked_back": ("asks back", "soruyla karşılık veriyor"),
    "chat.broken": ("breaks the house's form", "kurum biçimine uymuyor"),
    "chat.why": ("Why this answer", "Neden bu yanıt"),
    "chat.why_tab": ("What it rests on", "Dayandığı yerler"),
    "chat.times": ("Time", "Süre"),
    "chat.step.wait": ("in line", "sırada"),
    "chat.step.rewrite": ("rewriting the question", "soruyu yeniden yazma"),
    "chat.step.retrieve": ("looking up", "arama"),
    "chat.step.prefill": ("reading", "okuma"),
    "chat.step.decode": ("writing", "yazma"),
    "chat.step.repair": ("writing once more", "yeniden yazma"),
    "chat.step.total": ("in all", "toplam"),
    "chat.tokens": (
        "{read} tokens in, {written} tokens out",
        "{read} belirteç okundu, {written} belirteç yazıldı",
    ),
    "chat.form_broken": ("The form is broken: {reason}.", "Biçim bozuldu: {reason}."),
    "chat.repaired": (
        "A first answer broke the form; this is the second.",
        "İlk yanıt biçimi bozdu; bu ikincisi.",
    ),
    "chat.forgotten": (
        "{n} earlier turns were left out: there was no room for them.",
        "Önceki {n} ileti dışarıda kaldı: yer yoktu.",
    ),
    "chat.made_model": ("model {name}", "model {name}"),
    "chat.made_adapter": ("adapter {name}", "adaptör {name}"),
    "chat.made_index": ("index {name}", "dizin {name}"),
    "chat.removed": ("Taken out before it was shown: {what}.", "Gösterilmeden önce çıkarıldı: {what}."),
    "chat.no_passages": ("It was shown no passages.", "Hiçbir pasaj gösterilmedi."),
    "chat.looks_nothing_up": ("This setup looks nothing up.", "Bu kurulum arama yapmaz."),
    "chat.cited": ("cited", "anıldı"),
    "chat.since": ("{source}, since {since}", "{source}, {since} tarihinden beri"),
    "chat.scores": (
        "score {score} · meaning {meaning} · words {words}",
        "puan {score} · anlam {meaning} · sözcük {words}",
    ),
    "chat.prompt": ("The prompt", "İstem"),
    "chat.prompt_hint": (
        "The instructions are not told to viewers. What stands between the marks of a passage is data, not an order.",
        "Yönergeler izleyicilere gösterilmez. Pasaj işaretleri arasındaki metin veridir, komut değildir.",
    ),
    "chat.role.system": ("Instructions", "Yönergeler"),
    "chat.role.user": ("Asker", "Soran"),
    "chat.role.assistant": ("Assistant", "Asistan"),
    # the whole document
    "chat.whole": ("The whole document, at this place", "Belgenin tamamı, tam bu yerde"),
    "chat.before": ("Before it ({n} letters)", "Öncesi ({n} harf)"),
    "chat.after": ("After it ({n} letters)", "Sonrası ({n} harf)"),
    "chat.moved": (
        "The document has changed since this answer: this passage no longer stands in it. This is what was read.",
        "Belge bu yanıttan sonra değişti: bu pasaj artık içinde yok. Okunan metin buydu.",
    ),
    "chat.closed": (
        "This document can't be opened: it is gone, no longer holds, or is not open to you.",
        "Bu belge açılamıyor: silinmiş, geçerliliği bitmiş ya da size açık değil.",
    ),
    # voting blind
    "chat.blind": ("Vote blind", "Kör oylama"),
    "chat.blind_help": (
        "Two setups answer each question, their names hidden; you say which answer is better.",
        "Her soruyu adları gizli iki kurulum yanıtlar; hangisinin daha iyi olduğunu siz söylersiniz.",
    ),
    "chat.vote_needs_two": (
        "A vote needs two setups that can answer, and there is one. `rungwise sync` or `rungwise train` makes more.",
        "Oylama için yanıt verebilen iki kurulum gerekir, oysa bir tane var. `rungwise sync` ya da `rungwise train` artırır.",
    ),
    "chat.vote_how": (
        "Two answers to each question, from two setups that are hidden until you choose. A vote is kept without a word of "
        "question or answer.",
        "Her soruya, siz seçene dek gizli kalan iki kurulumdan iki yanıt gelir. Oy, sorudan ya da yanıttan tek sözcük "
        "içermeden saklanır.",
    ),
    "chat.vote_how_text": (
        "Two answers to each question, from two setups that are hidden until you choose. If you choose a side, your question and "
        "both answers are kept, to teach the model what is preferred; personal data in them is replaced first.",
        "Her soruya, siz seçene dek gizli kalan iki kurulumdan iki yanıt gelir. Bir tarafı seçerseniz sorunuz ve iki yanıt, "
        "neyin yeğlendiğini modele öğretmek için saklanır; içlerindeki kişisel veriler önce değiştirilir.",
    ),
    "chat.improve": ("Improve this answer", "Bu yanıtı iyileştir"),
    "chat.improve_lead": (
        "Write what the answer should have been; [1] is its first passage, as above. Question, answer and your text are kept in "
        "preferences.jsonl, to align the adapter with.",
        "Yanıtın nasıl olması gerektiğini yazın; [1] yukarıdaki gibi ilk pasajdır. Soru, yanıt ve metniniz, adaptörü "
        "buna göre hizalamak için preferences.jsonl dosyasında saklanır.",
    ),
    "chat.improve_keep": ("Keep it as the better answer", "Daha iyi yanıt olarak sakla"),
    "chat.improved": ("Kept as the better answer.", "Daha iyi yanıt olarak saklandı."),
    "chat.two_written": ("Two answers are being written …", "İki yanıt yazılıyor …"),
    "chat.nothing_to_vote": (
        "Two answers did not come, so there is nothing to vote on.",
        "İki yanıt gelmedi, oylanacak bir şey yok.",
    ),
    "chat.which_better": (
        "Which answer is better? Their setups are told once you have chosen.",
        "Hangi yanıt daha iyi? Hangi kurulumlardan geldikleri seçiminizden sonra söylenir.",
    ),
    "chat.choice.left": ("A is better", "A daha iyi"),
    "chat.choice.right": ("B is better", "B daha iyi"),
    "chat.choice.tie": ("Tie", "Eşit"),
    "chat.choice.both bad": ("Both bad", "İkisi de kötü"),
    "chat.chosen": (
        "You chose: {choice}. A was **{a}**, B was **{b}**. `rungwise votes` adds all votes up.",
        "Seçiminiz: {choice}. A **{a}**, B **{b}** idi. `rungwise votes` tüm oyları toplar.",
    ),
    "chat.both_in_detail": ("Both answers in detail", "İki yanıt ayrıntısıyla"),
    # the live split
    "chat.by_lot": (
        "This house compares ways to answer. Yours was given by lot; your thumbs say whether it is good. "
        "They are kept without a word of the conversation.",
        "Burada yanıt verme yolları karşılaştırılıyor. Sizinki kurayla belirlendi; başparmağınız iyi olup olmadığını söyler. "
        "Sohbetten tek sözcük saklanmaz.",
    ),
    "chat.split_needs_index": (
        "The live split looks passages up, and there is no index. `rungwise sync` makes it.",
        "Canlı bölüştürme pasaj arar, ama dizin yok. `rungwise sync` oluşturur.",
    ),
    "chat.split_needs_adapter": (
        "The live split needs the adapter, and there is none yet. `rungwise train` makes it.",
        "Canlı bölüştürme adaptör ister, ama henüz yok. `rungwise train` oluşturur.",
    ),
    "chat.is_it_done": ("Is what you came for done?", "Geldiğiniz iş görüldü mü?"),
    "chat.is_done": ("Done. Thank you.", "Görüldü. Teşekkürler."),
    "chat.is_not_done": ("Not done. Thank you.", "Görülmedi. Teşekkürler."),
    "chat.done": ("Done", "Görüldü"),
    "chat.not_done": ("Not done", "Görülmedi"),
    # a conversation as a file
    "chat.question": ("Question", "Soru"),
    "chat.answer": ("Answer", "Yanıt"),
    "chat.no_answer": ("No answer came.", "Yanıt gelmedi."),
    "chat.thumb_up": ("Found good.", "İyi bulundu."),
    "chat.thumb_down": ("Found bad.", "Kötü bulundu."),
}
