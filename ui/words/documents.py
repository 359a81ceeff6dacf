"""Words of the page Documents, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "documents.title": ("What does it know?", "Ne biliyor?"),
    "documents.parts": ("Part of this page", "Sayfanın bölümü"),
    "documents.part.search": ("Search", "Ara"),
    "documents.part.files": ("Files", "Dosyalar"),
    "documents.part.add": ("Add", "Ekle"),
    "documents.part.personal": ("Personal data", "Kişisel veri"),
    "documents.part.forget": ("Forget", "Unut"),
    # standing
    "documents.empty": (
        "There are no documents yet. Put some in under “Add”: what is in them can then be found and answered from.",
        "Henüz belge yok. “Ekle” bölümünden belge koyun; içindekiler aranabilir ve yanıtlara kaynak olur.",
    ),
    "documents.empty_viewer": (
        "There are no documents for you yet. Whoever is an editor here can put some in.",
        "Sizin için henüz belge yok. Düzenleyici yetkisi olan biri belge ekleyebilir.",
    ),
    "documents.count": ("{n} documents", "{n} belge"),
    "documents.passages": ("{n} passages", "{n} pasaj"),
    "documents.synced": ("index of {when}", "dizin tarihi {when}"),
    "documents.by": ("embedded by {name}", "vektörleştiren: {name}"),
    "documents.size": ("{size} on the disk", "diskte {size}"),
    "documents.hidden": (
        "{n} more documents are closed to the groups you look with. Name a group under “Look as” to see what it sees.",
        "{n} belge daha baktığınız gruplara kapalı. Bir grubun gördüklerini görmek için “Şu gözle bak” altına adını yazın.",
    ),
    "documents.eyes_button": ("Look as …", "Şu gözle bak …"),
    "documents.eyes": ("Look with the eyes of these groups", "Şu grupların gözüyle bak"),
    "documents.eyes_help": (
        "Names as in documents.toml, with commas between them, as in: hr, management. Only admins see this field.",
        "documents.toml içindeki adlar, aralarında virgül: ik, yönetim. Bu alanı yalnızca yöneticiler görür.",
    ),
    # bringing the index up to date
    "documents.sync": ("Bring the index up to date", "Dizini güncelle"),
    "documents.sync_n": ("Bring the index up to date ({n} changed)", "Dizini güncelle ({n} değişiklik)"),
    "documents.sync_help": (
        "Reads what is new or changed in the folder, and drops what is gone. The rest is left alone.",
        "Klasörde yeni ya da değişmiş olanı okur, silinmiş olanı dizinden çıkarır. Gerisine dokunmaz.",
    ),
    # teaching the embedder
    "documents.teach": ("Teach the embedder", "Vektörleştiriciyi eğit"),
    "documents.teach_hint": (
        "It learns from the headings and sentences of these documents and from questions with known sources. It is taken only "
        "where test questions are surely better found; until then the index answers as it is.",
        "Bu belgelerin başlık ve cümlelerinden ve kaynağı bilinen sorulardan öğrenir. Yalnızca test soruları kesin olarak daha "
        "iyi bulunursa kullanılır; o zamana dek dizin olduğu gibi yanıt verir.",
    ),
    "documents.teach_begin": ("Teach it", "Eğitimi başlat"),
    "documents.teach_taken": (
        "It finds surely better and is in use.",
        "Kesin olarak daha iyi buluyor ve kullanımda.",
    ),
    "documents.teach_kept": ("The embedder stays as it was.", "Vektörleştirici olduğu gibi kaldı."),
    "documents.teach_needed": (
        "To see a gain of that size, about {n} test questions are needed.",
        "Bu büyüklükte bir kazancı görmek için yaklaşık {n} test sorusu gerekir.",
    ),
    "documents.teach_worse": (
        "Surely worse on questions in: {languages}",
        "Şu dildeki sorularda kesin olarak daha kötü: {languages}",
    ),
    "documents.teach_gain": (
        "nDCG@10 on {n} test questions: {gain} (95 %: {low} to {high})",
        "{n} test sorusunda nDCG@10: {gain} (%95: {low} – {high})",
    ),
    "documents.report": ("What was done", "Yapılanlar"),
    "documents.nothing": ("nothing", "hiçbir şey"),
    "documents.took": ("{time}; {n} texts were embedded.", "{time}; {n} metin vektörleştirildi."),
    "documents.outcome.indexed": ("{n} read", "{n} okundu"),
    "documents.outcome.unchanged": ("{n} unchanged", "{n} değişmemiş"),
    "documents.outcome.skipped": ("{n} left out", "{n} dışarıda bırakıldı"),
    "documents.outcome.failed": ("{n} unreadable", "{n} okunamadı"),
    "documents.cleaned": (
        "{n} invisible or disguised pieces were taken out",
        "{n} görünmez ya da kılık değiştirmiş parça ayıklandı",
    ),
    "documents.more": ("… and {n} more", "… ve {n} tane daha"),
    # files
    "documents.filter": ("Filter by name, tag, purpose or group", "Ada, etikete, amaca ya da gruba göre süz"),
    "documents.standing": ("Standing", "Durum"),
    "documents.standing.read": ("read", "okundu"),
    "documents.standing.changed": ("changed since", "sonradan değişti"),
    "documents.standing.waiting": ("waiting", "bekliyor"),
    "documents.standing.skipped": ("left out", "dışarıda"),
    "documents.standing.failed": ("unreadable", "okunamadı"),
    "documents.standing.gone": ("gone from the folder", "klasörden silinmiş"),
    "documents.holds.later": ("does not hold yet", "henüz geçerli değil"),
    "documents.holds.ended": ("no longer holds", "artık geçerli değil"),
    "documents.closed_badge": ("some groups only", "yalnız bazı gruplar"),
    "documents.none_fits": (
        "No document fits. Take a word out of the filter.",
        "Uyan belge yok. Süzgeçten bir sözcük çıkarın.",
    ),
    "documents.as_csv": ("Save this list as CSV", "Bu listeyi CSV olarak kaydet"),
    "documents.since": ("since {when}", "{when} tarihinden beri"),
    "documents.from": ("holds from {day}", "{day} tarihinden itibaren geçerli"),
    "documents.until": ("holds until {day}", "{day} tarihine kadar geçerli"),
    "documents.open_to": ("open to {groups} only", "yalnızca şu gruplara açık: {groups}"),
    "documents.page": ("Page", "Sayfa"),
    "documents.shown": ("{first} to {last} of {all}", "{all} içinden {first}–{last}"),
    # one document
    "documents.back": ("Back", "Geri"),
    "documents.no_such": (
        "There is no such document here, or it is not open to you.",
        "Böyle bir belge yok ya da size açık değil.",
    ),
    "documents.cannot_open": (
        "Its text is not shown: it is gone, does not hold today, or is not open to you.",
        "Metni gösterilmiyor: silinmiş, bugün geçerli değil ya da size açık değil.",
    ),
    "documents.text": ("Its text, passage by passage", "Metni, pasaj pasaj"),
    "documents.no_text": (
        "The index holds no text of it. Bring the index up to date first.",
        "Dizinde metni yok. Önce dizini güncelleyin.",
    ),
    "documents.passage": ("Passage {n}", "Pasaj {n}"),
    "documents.on_page": ("page {n}", "sayfa {n}"),
    "documents.versions": ("Versions ({n})", "Sürümler ({n})"),
    "documents.version.hash": ("content", "içerik"),
    "documents.version.since": ("searchable since", "aranabilir olduğu tarih"),
    "documents.version.until": ("until", "bitiş"),
    "documents.still": ("now", "şimdi"),
    "documents.versions_note": (
        "Of earlier versions only hash and dates are kept, not the text.",
        "Önceki sürümlerin metni değil, yalnızca özeti ve tarihleri saklanır.",
    ),
    "documents.forget_this": ("Forget this document …", "Bu belgeyi unut …"),
    # what documents.toml says
    "documents.paper": ("Who may see it, and when it holds", "Kim görebilir, ne zaman geçerli"),
    "documents.always_everybody": ("Everybody may see it, at any time.", "Herkes, her zaman görebilir."),
    "documents.supersedes_line": ("It supersedes {names}.", "Yerine geçtiği belgeler: {names}."),
    "documents.purpose_line": ("Kept for: {purpose}.", "Saklanma amacı: {purpose}."),
    "documents.access": ("Open to these groups only", "Yalnızca şu gruplara açık"),
    "documents.access_help": (
        "Names with commas between them; empty: everybody. If you are in none of them, you won't see it either.",
        "Aralarında virgülle grup adları; boşsa herkes. Hiçbirinde değilseniz siz de göremezsiniz.",
    ),
    "documents.valid_from": ("Holds from", "Geçerlilik başlangıcı"),
    "documents.valid_until": ("Last day on which it holds", "Geçerli olduğu son gün"),
    "documents.until_help": (
        "From the next day on it is not found.",
        "Ertesi günden itibaren aramada çıkmaz.",
    ),
    "documents.supersedes": ("Supersedes these documents", "Şu belgelerin yerine geçer"),
    "documents.supersedes_help": (
        "They end where this one begins to hold.",
        "Bu belge geçerli olduğunda onların geçerliliği biter.",
    ),
    "documents.tags": ("Tags", "Etiketler"),
    "documents.purpose": ("Kept for this purpose", "Saklanma amacı"),
    "documents.legal_basis": ("Legal basis", "Hukuki dayanak"),
    "documents.owner": ("Who answers for it", "Sorumlusu"),
    "documents.owner_help": ("A role or a team, such as Sales.", "Bir görev veya ekip; örneğin Satış."),
    "documents.retention": ("Kept for how long", "Saklama süresi"),
    "documents.retention_help": (
        "A period in English, as in: 90 days, 6 months, 3 years.",
        "Süre İngilizce yazılır, örneğin: 90 days, 6 months, 3 years.",
    ),
    "documents.save": ("Save", "Kaydet"),
    "documents.unchanged": ("Nothing was changed.", "Değişiklik yapılmadı."),
    "documents.saved_only": (
        "It is saved, and holds once the index is brought up to date.",
        "Kaydedildi; dizin güncellenince geçerli olur.",
    ),
    # search
    "documents.no_index": (
        "There is no index yet, so nothing can be found. Bring the index up to date first: `rungwise sync` does it, too.",
        "Henüz dizin yok, bu yüzden arama yapılamıyor. Önce dizini güncelleyin; `rungwise sync` de bunu yapar.",
    ),
    "documents.query": ("A question or keywords", "Bir soru ya da anahtar sözcükler"),
    "documents.query_example": (
        "as in: until when can I return it?",
        "örneğin: ne zamana kadar iade edebilirim?",
    ),
    "documents.k": ("Passages", "Pasaj sayısı"),
    "documents.as_of": ("As of", "Şu güne göre"),
    "documents.as_of_help": (
        "What held on that day; empty: today.",
        "O gün geçerli olanlar; boşsa bugün.",
    ),
    "documents.only_tags": ("Only with tags", "Yalnız şu etiketlerle"),
    "documents.search": ("Search", "Ara"),
    "documents.search_hint": (
        "Search shows what an answer would be made from: the passages that fit best, and why.",
        "Arama, bir yanıtın neye dayanacağını gösterir: en uygun pasajlar ve nedenleri.",
    ),
    "documents.clicks_kept": (
        "Which passage you open is kept with your question, so that search learns from it; personal data in the question is "
        "replaced first.",
        "Açtığınız pasaj, arama bundan öğrensin diye sorunuzla birlikte saklanır; sorudaki kişisel veriler önce değiştirilir.",
    ),
    "documents.searching": ("Searching …", "Aranıyor …"),
    "documents.nothing_found": (
        "Nothing was found. Ask in other words, or with fewer tags.",
        "Hiçbir şey bulunamadı. Başka sözcüklerle ya da daha az etiketle deneyin.",
    ),
    "documents.score": ("score {n}", "puan {n}"),
    "documents.scores": ("Meaning {meaning}, words {words}.", "Anlam {meaning}, sözcük {words}."),
    "documents.why_words": ("It shares these words: {words}.", "Ortak sözcükler: {words}."),
    "documents.why_words_hidden": (
        "Its heading shares words with the question.",
        "Başlığının soruyla ortak sözcükleri var.",
    ),
    "documents.why_meaning": (
        "Found by its meaning alone: it shares no word.",
        "Yalnızca anlamıyla bulundu: ortak sözcük yok.",
    ),
    "documents.score_note": (
        "The score joins meaning (cosine, −1 to 1) and words (BM25, 0 where none is shared). It compares passages of one search "
        "only.",
        "Puan, anlamı (kosinüs, −1–1) ve sözcükleri (BM25, ortak sözcük yoksa 0) birleştirir. Yalnızca aynı aramadaki pasajları "
        "karşılaştırır.",
    ),
    "documents.open": ("Open the document", "Belgeyi aç"),
    # putting in
    "documents.add_hint": (
        "Taken are {kinds}; at most {size} a file and {most} files at once. A file must be what its name says.",
        "Kabul edilenler: {kinds}; dosya başına en çok {size}, bir seferde en çok {most} dosya. Dosyanın içeriği adına uymalı.",
    ),
    "documents.files": ("Files", "Dosyalar"),
    "documents.files_help": (
        "Nothing is written before you say so below.",
        "Siz aşağıda onaylamadan hiçbir şey yazılmaz.",
    ),
    "documents.folder": ("A whole folder", "Bütün bir klasör"),
    "documents.folder_help": (
        "Its folders inside are kept as they are.",
        "İçindeki klasörler olduğu gibi korunur.",
    ),
    "documents.into": ("Into this folder of the documents", "Belgelerin şu klasörüne"),
    "documents.into_help": ("Empty: at the top.", "Boşsa en üste."),
    "documents.fate.new": ("new", "yeni"),
    "documents.fate.changed": ("is there, differs", "var, farklı"),
    "documents.fate.same": ("is there already", "zaten var"),
    "documents.fate.refused": ("not taken", "alınmadı"),
    "documents.replace": ("Replace the {n} that are there", "Var olan {n} belgeyi değiştir"),
    "documents.replace_help": (
        "The old text is gone from the folder then, and from the index once it is up to date.",
        "Eski metin önce klasörden, dizin güncellenince de dizinden gider.",
    ),
    "documents.will_be_closed": (
        "documents.toml opens some of them to these groups only: {groups}. If you are in none of them, you won't see these.",
        "documents.toml bunlardan bazılarını yalnızca şu gruplara açıyor: {groups}. Hiçbirinde değilseniz göremezsiniz.",
    ),
    "documents.sync_after": ("Bring the index up to date right after", "Ardından dizini güncelle"),
    "documents.put": ("Put {n} documents in", "{n} belgeyi ekle"),
    "documents.were_put": ("{n} documents were put in.", "{n} belge eklendi."),
    # personal data
    "documents.personal_hint": (
        "Looks into names, titles, properties and texts of the documents for what tells of somebody. Told are kinds and counts, "
        "never a value.",
        "Belgelerin adlarında, başlıklarında, özelliklerinde ve metinlerinde kişisel veri arar. Değerler değil, yalnızca türler "
        "ve sayılar gösterilir.",
    ),
    "documents.personal_look": ("Look for personal data", "Kişisel veri ara"),
    "documents.personal_found": (
        "{n} of {all} documents hold personal data.",
        "{all} belgeden {n} tanesinde kişisel veri var.",
    ),
    "documents.personal.document": ("document", "belge"),
    "documents.personal.part": ("where", "nerede"),
    "documents.personal.kinds": ("what", "ne"),
    "documents.personal.in_name": ("name", "ad"),
    "documents.personal.in_title": ("title", "başlık"),
    "documents.personal.in_properties": ("properties", "özellikler"),
    "documents.personal.in_text": ("text", "metin"),
    "documents.personal_public": (
        "What the house itself publishes is told too. Documents are answered from word for word: take out what nobody should "
        "read, or say who may see it.",
        "Kurumun kendi yayımladığı bilgiler de sayılır. Yanıtlar belgelerden sözcüğü sözcüğüne alınabilir: kimsenin okumaması "
        "gerekeni çıkarın ya da kimin görebileceğini belirtin.",
    ),
    "documents.personal_no_names": (
        "Names and postal addresses were not looked for: install `rungwise[names]` and set `names = true` under `[personal]`.",
        "Kişi adları ve posta adresleri aranmadı: `rungwise[names]` kurun ve `[personal]` altında `names = true` yazın.",
    ),
    # forgetting
    "documents.forget": ("Forget", "Unut"),
    "documents.forget_hint": (
        "Erases whole documents, or everything that holds a text, from the folder, the index, the examples, questions, replies "
        "and logs; then searches every byte of the workspace for it. It can't be undone.",
        "Belgeleri bütünüyle ya da bir metni içeren her şeyi klasörden, dizinden, örneklerden, sorulardan, yanıtlardan ve "
        "günlüklerden siler; ardından çalışma alanının her baytında arar. Geri alınamaz.",
    ),
    "documents.forget_what": ("What is to be forgotten", "Ne unutulsun"),
    "documents.forget.documents": ("Documents", "Belgeler"),
    "documents.forget.text": ("A name or text", "Bir ad ya da metin"),
    "documents.forget_which": ("Which documents", "Hangi belgeler"),
    "documents.forget_choose": ("Choose documents", "Belge seçin"),
    "documents.forget_text": ("The name or text", "Ad ya da metin"),
    "documents.forget_text_help": (
        "In any case, as a whole or inside of words; at least three letters.",
        "Büyük küçük harf fark etmez, sözcük içinde de aranır; en az üç harf.",
    ),
    "documents.dry": ("Show what would go", "Neyin gideceğini göster"),
    "documents.looking": ("Looking at every byte …", "Her bayta bakılıyor …"),
    "documents.nothing_holds": (
        "Nothing in the workspace holds it.",
        "Çalışma alanında bunu içeren bir şey yok.",
    ),
    "documents.would_go": ("{n} documents would be erased.", "{n} belge silinecek."),
    "documents.held_in": (
        "It stands in {n} files of the workspace:",
        "Çalışma alanının {n} dosyasında geçiyor:",
    ),
    "documents.would_also": (
        "Examples, questions, replies and log lines that name them or hold the text go as well. An adapter that learned from "
        "such an example is no longer served.",
        "Onları anan ya da metni içeren örnekler, sorular, yanıtlar ve günlük satırları da gider. Böyle bir örnekten öğrenmiş "
        "adaptör artık kullanılmaz.",
    ),
    "documents.confirm_word": ("forget", "unut"),
    "documents.confirm": ("Type “{word}” to confirm", "Onaylamak için “{word}” yazın"),
    "documents.erase": ("Erase for good", "Kalıcı olarak sil"),
    "documents.certificate": ("Certificate of erasure", "Silme belgesi"),
    "documents.certified": (
        "Nothing of it was found any more.",
        "Artık hiçbir izine rastlanmadı.",
    ),
    "documents.not_whole": (
        "It still stands in {n} files, which are yours to change: `rungwise forget` names them.",
        "Hâlâ {n} dosyada geçiyor; bunları siz değiştirebilirsiniz: `rungwise forget` adlarını söyler.",
    ),
    "documents.fact.date": ("when", "tarih"),
    "documents.fact.what": ("what was named", "ne belirtildi"),
    "documents.fact.documents": ("documents erased", "silinen belge"),
    "documents.fact.chunks": ("passages erased", "silinen pasaj"),
    "documents.fact.rows": ("rows erased", "silinen satır"),
    "documents.fact.tainted_adapter": ("an adapter was marked", "adaptör işaretlendi"),
    "documents.fact.files_scanned": ("files searched afterwards", "sonradan taranan dosya"),
    "documents.fact.bytes_scanned": ("bytes searched", "taranan bayt"),
    "documents.fact.remaining": ("places where it still stands", "hâlâ geçtiği yer"),
    "documents.fact.sha256": ("hash of the certificate", "belgenin özeti"),
    "documents.yes": ("yes", "evet"),
    "documents.no": ("no", "hayır"),
    "documents.limits": ("What is not promised", "Söz verilmeyenler"),
    "documents.save_certificate": ("Save the certificate", "Belgeyi kaydet"),
    "documents.certificates": ("Certificates ({n})", "Silme belgeleri ({n})"),
    "documents.as_written": ("as it was written", "yazıldığı gibi"),
    "documents.was_changed": ("was changed", "değiştirilmiş"),
    # a copy for whoever asks
    "documents.export": ("A copy for whoever asks for theirs", "Kendi verisini isteyen için kopya"),
    "documents.export_hint": (
        "Copies out everything that the workspace holds about somebody (KVKK article 11, GDPR article 15). Changes nothing.",
        "Çalışma alanının biri hakkında tuttuğu her şeyin kopyasını çıkarır (KVKK madde 11, GDPR madde 15). Hiçbir şeyi "
        "değiştirmez.",
    ),
    "documents.export_text": ("Who", "Kim"),
    "documents.export_look": ("Make the copy", "Kopyayı hazırla"),
    "documents.export_found": ("It stands in {n} files.", "{n} dosyada geçiyor."),
    "documents.export_save": ("Save the copy as JSON", "Kopyayı JSON olarak kaydet"),
    "documents.export_note": (
        "The copy holds personal data: hand it over, then remove it.",
        "Kopya kişisel veri içerir: teslim edin, sonra silin.",
    ),
    "documents.kind.document": ("document", "belge"),
    "documents.kind.rows": ("rows", "satırlar"),
    "documents.kind.text": ("text", "metin"),
    "documents.kind.index": ("index", "dizin"),
}
