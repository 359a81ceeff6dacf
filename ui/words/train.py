"""Words of the page Train, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "train.title": ("How does it learn?", "Nasıl öğreniyor?"),
    "train.lead": (
        "An adapter learns the house's form and tone from your examples; facts stay in the documents.",
        "Adaptör, kurumun biçimini ve üslubunu örneklerinizden öğrenir; bilgiler belgelerde kalır.",
    ),
    "train.serves": ("SERVES NOW", "ŞİMDİ KULLANILAN"),
    "train.serves_what": (
        "{rows} rows · validation loss {loss} nats a token · {base}",
        "{rows} satır · doğrulama kaybı {loss} nat/token · {base}",
    ),
    "train.none_serves": ("No adapter yet", "Henüz adaptör yok"),
    "train.none_serves_what": (
        "The setups LoRA and Hybrid need one; Prompt and RAG answer without.",
        "LoRA ve Karma kurulumları buna gerek duyar; İstem ve RAG onsuz yanıtlar.",
    ),
    "train.due": (
        "This adapter learned from what was forgotten since; train a new one.",
        "Bu adaptör sonradan unutulan verilerden öğrenmişti; yenisini eğitin.",
    ),
    "train.no_examples": (
        "**There are no examples to learn from.** Bring some first: a question and the answer as you want it, at least ten.",
        "**Öğrenilecek örnek yok.** Önce örnek ekleyin: bir soru ve istediğiniz biçimde yanıtı; en az on tane.",
    ),
    "train.to_examples": ("To the examples", "Örneklere git"),
    "train.no_index": (
        "There is no index yet, and rows are trained with the passages that are really found: bring documents in first.",
        "Henüz dizin yok; satırlar gerçekten bulunan pasajlarla eğitilir: önce belgeleri ekleyin.",
    ),
    "train.to_documents": ("To the documents", "Belgelere git"),
    "train.method": ("Method", "Yöntem"),
    "train.lora": ("Adapter (LoRA): beside the base", "Adaptör (LoRA): temelin yanında"),
    "train.full": ("Full: every weight of a small base", "Tam: küçük bir temelin bütün ağırlıkları"),
    "train.method_keeps": (
        "Starting writes this method into rungwise.toml.",
        "Başlatınca bu yöntem rungwise.toml dosyasına yazılır.",
    ),
    "train.settings": ("What it will use", "Kullanılacak ayarlar"),
    "train.by_rule": ("chosen by a rule", "kurala göre seçilir"),
    "train.from_toml": (
        "As rungwise.toml says in `[training]`; what it leaves open, a rule chooses from base and rows.",
        "rungwise.toml içindeki `[training]` bölümünden; boş bırakılanı temel ve satırlara göre bir kural seçer.",
    ),
    "train.estimate": ("Estimate", "Tahmin et"),
    "train.estimate_help": (
        "Trains for two seconds to measure this machine, and keeps nothing of it.",
        "Bu makineyi ölçmek için iki saniye eğitir ve hiçbirini saklamaz.",
    ),
    "train.start": ("Start training", "Eğitimi başlat"),
    "train.resume": ("Resume", "Sürdür"),
    "train.may_not": ("Training takes the role editor.", "Eğitmek için editor rolü gerekir."),
    "train.rows": ("Rows", "Satır"),
    "train.tokens": ("Tokens", "Token"),
    "train.taught": ("{n} of them taught", "{n} tanesi öğretilir"),
    "train.time": ("Time, at most", "En çok süre"),
    "train.memory": ("Memory", "Bellek"),
    "train.disk": ("{n} on the disk", "diskte {n}"),
    "train.steps": ("{n} steps", "{n} adım"),
    "train.stale": (
        "Examples, form or settings changed since this estimate; estimate again.",
        "Bu tahminden sonra örnekler, biçim ya da ayarlar değişti; yeniden tahmin edin.",
    ),
    "train.done": (
        "The adapter {name} is made, and serves now.",
        "{name} adaptörü hazır ve artık kullanılıyor.",
    ),
    "train.curve": ("The training", "Eğitim"),
    "train.curve_note": (
        "Losses, drawn while it runs. Lower is better; validation decides which epoch is kept.",
        "Kayıplar eğitim sürerken çizilir. Düşük olan iyidir; hangi turun tutulacağını doğrulama belirler.",
    ),
    "train.empty": (
        "**Nothing was trained yet.** The losses of a training appear here while it runs. In a terminal:",
        "**Henüz eğitim yapılmadı.** Eğitim sürerken kayıplar burada görünür. Terminalde:",
    ),
    "train.newest": ("The newest one", "En yenisi"),
    "train.which": ("Training", "Eğitim"),
    "train.running": ("running", "sürüyor"),
    "train.ended": ("done", "bitti"),
    "train.failed": ("failed", "başarısız"),
    "train.silent": ("stopped", "durdu"),
    "train.step": ("Step {step} of {of} · {time}", "Adım {step} / {of} · {time}"),
    "train.left": (" · at most about {time} left", " · en çok yaklaşık {time} kaldı"),
    "train.coming": (
        "It begins; the first step is still to come.",
        "Başlıyor; ilk adım henüz atılmadı.",
    ),
    "train.goes_on": (
        "It was stopped, or nothing was heard of it for a while. Resume, or `rungwise train`, goes on from its last state.",
        "Durduruldu ya da bir süredir ses gelmiyor. Sürdür düğmesi ya da `rungwise train` son durumundan sürdürür.",
    ),
    "train.it_failed": ("It failed.", "Başarısız oldu."),
    "train.it_made": ("It made the adapter {name}", "{name} adaptörünü üretti"),
    "train.latest": ("The loss of the latest step is {loss}.", "Son adımın kaybı {loss}."),
    "train.not_validated": ("No epoch is validated yet.", "Henüz hiçbir tur doğrulanmadı."),
    "train.best": (
        "Validation was best with {loss} at epoch {epoch}.",
        "En iyi doğrulama {epoch}. turda {loss} idi.",
    ),
    "train.epoch": ("epoch", "tur"),
    "train.training_loss": ("training", "eğitim"),
    "train.validation_loss": ("validation", "doğrulama"),
    "train.is_best": ("best", "en iyi"),
    "train.each_step": ("each step", "her adım"),
    "train.mean": ("training, mean of an epoch", "eğitim, tur ortalaması"),
    "train.unit": ("loss, nats a token", "kayıp, nat/token"),
    "train.plan": ("What it is trained on, and how", "Neyle ve nasıl eğitiliyor?"),
    "train.base": ("base", "temel"),
    "train.rows_learn": ("rows to learn from", "öğrenme satırı"),
    "train.rows_stop": ("rows to stop by", "durma satırı"),
    "train.what": ("what", "ne"),
    "train.value": ("value", "değer"),
    "train.adapters": ("Adapters", "Adaptörler"),
    "train.adapters_note": (
        "Each is kept as it was trained. Which one serves can be changed, and changed back.",
        "Her biri eğitildiği gibi saklanır. Hangisinin kullanılacağı değiştirilebilir, geri de alınabilir.",
    ),
    "train.badge_serves": ("serves", "kullanımda"),
    "train.badge_task": ("answers {task}", "{task} görevini yanıtlar"),
    "train.badge_tainted": ("learned from what was forgotten", "unutulan veriden öğrendi"),
    "train.verify": ("Verify", "Doğrula"),
    "train.verify_help": (
        "Checks every file by its hash, the base by its fingerprint, and that it still answers as it did.",
        "Her dosyayı özetiyle, temeli parmak iziyle, yanıtlarını da ilk haliyle karşılaştırır.",
    ),
    "train.use": ("Use", "Kullan"),
    "train.rollback": ("Roll back", "Geri al"),
    "train.sure_use": (
        "{name} answers everybody from the next question on. Sure?",
        "Bir sonraki sorudan itibaren herkese {name} yanıt verecek. Emin misiniz?",
    ),
    "train.sure_rollback": (
        "{name} serves again, as before this one, from the next question on. Sure?",
        "Bir sonraki sorudan itibaren, önceki {name} yeniden kullanılacak. Emin misiniz?",
    ),
    "train.yes": ("Yes, from now on", "Evet, bundan böyle"),
    "train.no": ("No", "Hayır"),
    "train.now_serves": ("{name} serves now.", "Artık {name} kullanılıyor."),
    "train.unreadable": ("its papers can't be read", "bilgileri okunamıyor"),
    "train.align": ("Align with preferences", "Tercihlerle hizala"),
    "train.align_lead": (
        "The adapter that serves learns from blind votes and improved answers which of two answers is preferred. The result is a "
        "candidate: it answers the test questions beside what serves, and does not serve by itself.",
        "Kullanımdaki adaptör, iki yanıttan hangisinin yeğlendiğini kör oylardan ve iyileştirilmiş yanıtlardan öğrenir. "
        "Sonuç bir adaydır: test sorularını kullanımdakinin yanında yanıtlar ve kendiliğinden kullanıma geçmez.",
    ),
    "train.align_kept": ("Preferences kept: {n}.", "Saklanan tercih: {n}."),
    "train.align_go": ("Align", "Hizala"),
    "train.align_better": ("surely better", "kesin olarak daha iyi"),
    "train.align_not_better": ("not surely better", "kesin olarak daha iyi değil"),
    "train.align_apart": (
        "Of {n} held-out pairs the preferred answer is found likelier in {after}, before in {before}; it gained on the other in "
        "{gained}.",
        "Ayrılmış {n} çiftte yeğlenen yanıtın daha olası bulunma oranı: şimdi {after}, önce {before}; diğerine göre ilerleme "
        "oranı: {gained}.",
    ),
    "train.align_share": ("{value} % ({low}–{high})", "%{value} ({low}–{high})"),
    "train.align_unmeasured": ("not measured", "ölçülmedi"),
    "train.align_write": (
        "There are no test questions, so nobody knows whether its answers are better. Write questions.jsonl.",
        "Test sorusu yok; yanıtlarının daha iyi olup olmadığını kimse bilmiyor. questions.jsonl yazın.",
    ),
    "train.align_use": (
        "It serves once you choose it among the adapters below.",
        "Aşağıdaki adaptörler arasından seçtiğinizde kullanılmaya başlar.",
    ),
    "train.retrain": ("Retrain, through a gate", "Yeniden eğit, kapıdan geçirerek"),
    "train.retrain_lead": (
        "A candidate is trained and answers the test questions beside what serves. It takes over only where it is surely "
        "better, or needed and surely no worse.",
        "Bir aday eğitilir ve test sorularını kullanımdakinin yanında yanıtlar. Ancak kesin olarak daha iyiyse ya da gerekliyse "
        "ve kesin olarak daha kötü değilse onun yerini alır.",
    ),
    "train.retrain_asks": ("Asked for: {why}.", "İsteyen: {why}."),
    "train.retrain_because": ("Why (kept in the record)", "Neden (kayda geçer)"),
    "train.retrain_go": ("Retrain", "Yeniden eğit"),
    "train.retrain_switch": ("switched", "geçildi"),
    "train.retrain_keep": ("kept what serves", "kullanımdaki kaldı"),
    "train.retrain_not_enough": ("not enough to decide", "karara yetmedi"),
    "train.retrain_open": ("not finished; Retrain goes on", "bitmedi; Yeniden eğit sürdürür"),
    "train.retrain_why": ("Because: {because}", "Neden: {because}"),
}
