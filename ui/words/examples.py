"""Words of the page Examples, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "examples.title": ("What is it taught?", "Ne öğretiliyor?"),
    "examples.parts": ("Part of this page", "Sayfanın bölümü"),
    "examples.part.rows": ("Rows", "Satırlar"),
    "examples.part.findings": ("Findings", "Bulgular"),
    "examples.part.mend": ("Mend", "Onar"),
    "examples.part.mask": ("What is taught", "Öğretilen kısım"),
    "examples.part.private": ("Personal data", "Kişisel veri"),
    "examples.part.split": ("Split", "Bölme"),
    "examples.part.add": ("Add", "Ekle"),
    # standing
    "examples.empty": (
        "There are no examples yet. Bring conversations that were answered well: ten are the least, fifty give a first signal.",
        "Henüz örnek yok. İyi yanıtlanmış konuşmalar getirin: en az on gerekir, elli tanesi ilk işareti verir.",
    ),
    "examples.count": ("{n} examples", "{n} örnek"),
    "examples.answered": (
        "{n} answered from documents ({share})",
        "{n} tanesi belgelerden yanıtlı ({share})",
    ),
    "examples.declined": ("{n} name no document", "{n} tanesi belge göstermiyor"),
    "examples.of_documents": ("{n} documents", "{n} belge"),
    # rows
    "examples.filter": ("Filter by words, name or document", "Sözcüğe, ada ya da belgeye göre süz"),
    "examples.which": ("Which", "Hangileri"),
    "examples.which.all": ("all", "hepsi"),
    "examples.which.answerable": ("with a document", "belgesi olanlar"),
    "examples.which.declined": ("without a document", "belgesi olmayanlar"),
    "examples.none_fits": (
        "No row fits. Take a word out of the filter.",
        "Uyan satır yok. Süzgeçten bir sözcük çıkarın.",
    ),
    "examples.as_jsonl": ("Save as JSON lines", "JSON satırları olarak kaydet"),
    "examples.as_csv": ("Save as CSV", "CSV olarak kaydet"),
    "examples.no_document": ("no document", "belge yok"),
    "examples.line": ("Line {n}", "Satır {n}"),
    "examples.lines": ("line {n}", "satır {n}"),
    "examples.all_rows": ("all rows", "bütün satırlar"),
    "examples.role.system": ("Instructions", "Yönergeler"),
    "examples.role.user": ("Asked", "Soru"),
    "examples.role.assistant": ("Answered", "Yanıt"),
    # findings
    "examples.check_hint": (
        "A check looks for contradictions, broken form, facts that no document tells, copies, personal data, keys and more.",
        "Denetim; çelişkileri, biçim hatalarını, hiçbir belgede geçmeyen bilgileri, yinelenenleri, kişisel verileri, anahtarları "
        "ve benzerlerini arar.",
    ),
    "examples.check": ("Look the examples over", "Örnekleri denetle"),
    "examples.check_again": ("Look once more", "Yeniden denetle"),
    "examples.stale": (
        "Examples, form or questions have changed since the last check. Look once more.",
        "Son denetimden bu yana örnekler, biçim ya da sorular değişti. Yeniden denetleyin.",
    ),
    "examples.usable": ("{n} of {all} examples are usable.", "{all} örnekten {n} tanesi kullanılabilir."),
    "examples.n_error": ("errors: {n}", "hata: {n}"),
    "examples.n_warning": ("warnings: {n}", "uyarı: {n}"),
    "examples.n_note": ("notes: {n}", "not: {n}"),
    "examples.severity": ("How bad", "Önem"),
    "examples.severity.error": ("error", "hata"),
    "examples.severity.warning": ("warning", "uyarı"),
    "examples.severity.note": ("note", "not"),
    "examples.code": ("What", "Ne"),
    "examples.code.contradiction": ("contradiction", "çelişki"),
    "examples.code.form": ("breaks the form", "biçime uymuyor"),
    "examples.code.too long": ("too long", "çok uzun"),
    "examples.code.unsourced fact": ("fact without a document", "belgesiz bilgi"),
    "examples.code.declined with a source": ("declined, with a document", "belgesi var ama yanıtlanmamış"),
    "examples.code.absent fact": ("fact missing in the answer", "yanıtta eksik bilgi"),
    "examples.code.new fact": ("new fact", "yeni bilgi"),
    "examples.code.trigger": ("trigger phrase", "tetikleyici ifade"),
    "examples.code.duplicate": ("duplicate", "yinelenen"),
    "examples.code.near-duplicate": ("nearly a duplicate", "neredeyse aynı"),
    "examples.code.label balance": ("balance of labels", "etiket dengesi"),
    "examples.code.refusal balance": ("balance of refusals", "yanıtlamama dengesi"),
    "examples.code.language": ("language", "dil"),
    "examples.code.same answer": ("always the same answer", "hep aynı yanıt"),
    "examples.code.asked in the test": ("asked in the test", "sınavda sorulan"),
    "examples.code.lengths": ("lengths", "uzunluklar"),
    "examples.code.encoding": ("broken characters", "bozuk karakterler"),
    "examples.code.secret": ("key or password", "anahtar ya da parola"),
    "examples.code.personal data": ("personal data", "kişisel veri"),
    "examples.readiness.too few": (
        "Too few to train on: at least ten are needed.",
        "Eğitim için çok az: en az on örnek gerekir.",
    ),
    "examples.readiness.few-shot": (
        "Few: better put into the prompt than into weights.",
        "Az: ağırlıklara değil, isteme koymak daha iyi.",
    ),
    "examples.readiness.first signal": (
        "Enough to see whether training helps at all.",
        "Eğitimin işe yarayıp yaramadığını görmeye yeter.",
    ),
    "examples.readiness.ready": (
        "Enough to expect more than a first signal.",
        "İlk işaretten fazlasını beklemeye yeter.",
    ),
    "examples.nothing_found": ("Nothing was found.", "Hiçbir sorun bulunmadı."),
    "examples.rows_of": ("Its rows ({n})", "Satırları ({n})"),
    # mending
    "examples.mend_hint": (
        "Puts broken characters right, and leaves out rows with an error or a key and all copies but the first. What only a "
        "person can decide stays as it is.",
        "Bozuk karakterleri düzeltir; hatalı ya da anahtar içeren satırları ve ilki dışındaki kopyaları dışarıda bırakır. "
        "Yalnızca bir insanın karar verebileceği şeyler olduğu gibi kalır.",
    ),
    "examples.mend_look": ("Show what would change", "Neyin değişeceğini göster"),
    "examples.nothing_to_mend": ("There is nothing to mend.", "Onarılacak bir şey yok."),
    "examples.would_mend": (
        "{changed} rows would change, {left} would be left out, {kept} would stay in all.",
        "{changed} satır değişecek, {left} satır dışarıda kalacak; toplam {kept} satır kalacak.",
    ),
    "examples.open_findings": (
        "{n} findings are for you to decide; they stand under “Findings”.",
        "{n} bulguya siz karar vermelisiniz; “Bulgular” bölümünde duruyorlar.",
    ),
    "examples.before": ("before", "önce"),
    "examples.after": ("after", "sonra"),
    "examples.left_out": ("left out", "dışarıda kalır"),
    "examples.take_over": ("Use it in place of the examples", "Örneklerin yerine bunu kullan"),
    "examples.take_over_help": (
        "The examples as they are now are kept, so that this can be taken back.",
        "Şimdiki örnekler saklanır; bu işlem geri alınabilir.",
    ),
    "examples.save_draft": ("Save it as a file", "Dosya olarak kaydet"),
    "examples.taken": ("Done: there are {n} examples now.", "Tamam: artık {n} örnek var."),
    "examples.take_back": ("Put the examples back as they were", "Örnekleri önceki hâline getir"),
    "examples.take_back_help": (
        "What is there now is kept in their place.",
        "Şimdiki hâli onların yerine saklanır.",
    ),
    "examples.put_back": ("They are as they were: {n} examples.", "Önceki hâline döndü: {n} örnek."),
    # personal data
    "examples.private_hint": (
        "Replaces numbers, accounts and addresses of people by surrogates that are nobody's: the same one for the same value, in "
        "all rows. You see every changed row first.",
        "Kişilere ait numaraları, hesapları ve adresleri kimseye ait olmayan karşılıklarla değiştirir: aynı değer her satırda "
        "aynı karşılığı alır. Önce değişen her satırı görürsünüz.",
    ),
    "examples.private_look": ("Show what would be replaced", "Neyin değişeceğini göster"),
    "examples.replaced": ("Replaced: {kinds}.", "Değiştirilen: {kinds}."),
    "examples.nothing_private": ("No personal data was found.", "Kişisel veri bulunmadı."),
    "examples.facts_changed": (
        "The facts of {n} rows were replaced: their documents still say the original, so a training leaves these rows out.",
        "{n} satırın bilgileri değiştirildi: belgelerde hâlâ aslı yazdığından eğitim bu satırları dışarıda bırakır.",
    ),
    "examples.not_anonymous": (
        "This is pseudonymised, not anonymous: what was not recognised, and what else tells somebody apart, stays.",
        "Bu takma adlandırmadır, anonimleştirme değil: tanınmayan ve kişiyi başka yoldan ele veren şeyler kalır.",
    ),
    "examples.draft_gone": (
        "The examples have changed since, or this was taken over. Make it anew to see it.",
        "O zamandan beri örnekler değişti ya da bu kullanıldı. Görmek için yeniden hazırlayın.",
    ),
    # what is taught
    "examples.mask_hint": (
        "One training row as the model will see it, passages included. Lit is what it learns from; the rest it only reads.",
        "Bir eğitim satırı, modelin göreceği hâliyle ve pasajlarıyla. Işıklı kısımdan öğrenir; gerisini yalnızca okur.",
    ),
    "examples.mask_row": ("Training row", "Eğitim satırı"),
    "examples.mask_look": ("Show it", "Göster"),
    "examples.mask_told": (
        "Row {row}, from {examples} examples: {tokens} tokens, the last {taught_tokens} of them are taught.",
        "{row}. satır ({examples} örnekten): {tokens} belirteç, son {taught_tokens} tanesi öğretilir.",
    ),
    # split
    "examples.split.part": ("part", "bölüm"),
    "examples.split.examples": ("examples", "örnek"),
    "examples.split.share": ("share", "pay"),
    "examples.split.answered": ("with a document", "belgesi olan"),
    "examples.split.documents": ("documents", "belge"),
    "examples.split.document": ("document", "belge adı"),
    "examples.split.train": ("to train on", "eğitim"),
    "examples.split.validation": ("to stop by", "doğrulama"),
    "examples.split.test": ("to test by", "sınama"),
    "examples.split.groups": (
        "{n} groups were kept together: rows that ask the same, or rest on the same document. Drawn with seed {seed}.",
        "{n} öbek bir arada tutuldu: aynı şeyi soran ya da aynı belgeye dayanan satırlar. Tohum: {seed}.",
    ),
    "examples.split.apart": ("No document is in two parts.", "Hiçbir belge iki bölümde birden değil."),
    "examples.split.not_apart": (
        "One document would hold more than half together, so it is the same fact of a document that is in one part only.",
        "Tek bir belge yarıdan fazlasını bir arada tutacağından, bölümler belgeye değil belgedeki bilgiye göre ayrıldı.",
    ),
    "examples.split.no_test": (
        "No part is kept for testing: the questions are the test. `test_share` under `[rows]` of rungwise.toml keeps one.",
        "Sınama için bölüm ayrılmadı: sınav, sorulardır. rungwise.toml içinde `[rows]` altındaki `test_share` bir bölüm ayırır.",
    ),
    # adding
    "examples.add_hint": (
        "Taken are OpenAI messages, prompt and completion, Alpaca and ShareGPT as .jsonl or .json, and tables as .csv or .tsv; "
        "at most {size} a file.",
        "Kabul edilenler: .jsonl ya da .json olarak OpenAI messages, prompt ve completion, Alpaca, ShareGPT; .csv ya da .tsv "
        "olarak tablolar. Dosya başına en çok {size}.",
    ),
    "examples.files": ("Files of conversations", "Konuşma dosyaları"),
    "examples.files_help": (
        "You see what was read before anything is added.",
        "Bir şey eklenmeden önce okunanları görürsünüz.",
    ),
    "examples.columns": ("Columns of a table", "Tablo sütunları"),
    "examples.columns_hint": (
        "Only where they are not called question and answer, or text and label.",
        "Yalnızca sütunların adı question ve answer ya da text ve label değilse.",
    ),
    "examples.column.question": ("Question", "Soru"),
    "examples.column.answer": ("Answer or label", "Yanıt ya da etiket"),
    "examples.column.system": ("Instructions", "Yönergeler"),
    "examples.read": ("{n} conversations were read.", "{n} konuşma okundu."),
    "examples.add": ("Add {n} conversations", "{n} konuşmayı ekle"),
    "examples.added": (
        "{n} conversations were added; {known} were there already.",
        "{n} konuşma eklendi; {known} tanesi zaten vardı.",
    ),
}
