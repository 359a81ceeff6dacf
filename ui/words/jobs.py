"""Words of long work: how far it is, how it ended, stop, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "jobs.stop": ("Stop", "Durdur"),
    "jobs.stop_help": (
        "Stops as Ctrl-C does: what was finished is kept, and it can go on from there.",
        "Ctrl-C gibi durdurur: bitenler korunur, sonra kaldığı yerden sürer.",
    ),
    "jobs.stopping": ("Stopping after this step …", "Bu adımdan sonra duracak …"),
    "jobs.coming": ("It is starting …", "Başlıyor …"),
    "jobs.count": ("{done} of {total}", "{done} / {total}"),
    "jobs.left": ("about {time} left", "yaklaşık {time} kaldı"),
    "jobs.goes_on": (
        "It goes on when this page is closed or reloaded.",
        "Bu sayfa kapatılsa ya da yenilense de sürer.",
    ),
    "jobs.begun": ("Begun {when} by {who}", "{when} · {who} başlattı"),
    "jobs.done": ("Done after {time}.", "{time} içinde bitti."),
    "jobs.partial": (
        "Done after {time}, but some files were skipped or failed.",
        "{time} içinde bitti, ancak bazı dosyalar atlandı ya da işlenemedi.",
    ),
    "jobs.below": (
        "Done after {time}; what was measured is below the target.",
        "{time} içinde bitti; ölçülen sonuç hedefin altında.",
    ),
    "jobs.kept": (
        "Done after {time}; what serves stays in its place.",
        "{time} içinde bitti; kullanımda olan yerinde kalıyor.",
    ),
    "jobs.failed": ("It could not be done.", "Yapılamadı."),
    "jobs.killed": (
        "It was ended from outside (signal {signal}); most often the memory ran out. What was finished is kept.",
        "Dışarıdan sonlandırıldı (sinyal {signal}); çoğunlukla bellek yetmemiştir. Bitenler korundu.",
    ),
    "jobs.bug": (
        "Rungwise failed, and it is not your mistake. The details are in `.rungwise/log` of the workspace.",
        "Rungwise hata verdi; bu sizin hatanız değil. Ayrıntılar çalışma alanının `.rungwise/log` klasöründe.",
    ),
    "jobs.stopped": (
        "Stopped after {time}. What was finished is kept.",
        "{time} sonra durduruldu. Bitenler korundu.",
    ),
    "jobs.lost": (
        "It ended without a word: it was killed, or the machine was restarted. Begin it again; it goes on where it was.",
        "Sessizce sona erdi: sonlandırıldı ya da makine yeniden başladı. Yeniden başlatın; kaldığı yerden sürer.",
    ),
    "jobs.details": ("What it said", "Söyledikleri"),
    "jobs.silent": ("It said nothing.", "Bir şey söylemedi."),
    "jobs.id": ("Job {id}, begun {when} by {who}", "İş {id} · {when} · {who} başlattı"),
    "jobs.seconds": ("{n} s", "{n} sn"),
    "jobs.minutes": ("{n} min", "{n} dk"),
    "jobs.hours": ("{n} h", "{n} sa"),
    "jobs.bytes": ("bytes", "bayt"),
    "jobs.not_yours": ("Only who may begin it can stop it.", "Yalnızca başlatma yetkisi olan durdurabilir."),
}
TITLES: dict[str, str] = {
    "Aligning the adapter": "Adaptör hizalanıyor",
    "Asking the index as it is": "Dizine olduğu gibi soruluyor",
    "Asking with the taught embedder": "Eğitilen vektörleştiriciyle soruluyor",
    "Asking before and after": "Öncesi ve sonrası soruluyor",
    "Asking by meaning": "Anlama göre soruluyor",
    "Asking by words": "Sözcüklere göre soruluyor",
    "Searching the prompting": "İstem aranıyor",
    "Embedding": "Vektörler hesaplanıyor",
    "Embedding the documents beside": "Belgelerin vektörleri yan dizinde hesaplanıyor",
    "Erasing it from rows, replies and logs": "Satırlardan, yanıtlardan ve günlüklerden siliniyor",
    "Erasing it from the library": "Kitaplıktan siliniyor",
    "Fitting answerability": "Yanıtlanabilirlik ayarlanıyor",
    "Loading the base": "Temel model yükleniyor",
    "Loading the libraries": "Kitaplıklar yükleniyor",
    "Loading the model": "Model yükleniyor",
    "Looking at documents": "Belgelere bakılıyor",
    "Looking at every byte": "Her bayta bakılıyor",
    "Looking for it": "Aranıyor",
    "Looking the preferences over": "Tercihler gözden geçiriliyor",
    "Looking the examples over": "Örnekler gözden geçiriliyor",
    "Measuring": "Ölçülüyor",
    "Mining hard negatives": "Yanıltıcı pasajlar aranıyor",
    "Opening the library": "Belge dizini açılıyor",
    "Reading documents": "Belgeler okunuyor",
    "Rendering pairs": "Çiftler hazırlanıyor",
    "Rendering rows": "Eğitim satırları hazırlanıyor",
    "Replacing personal data": "Kişisel veriler değiştiriliyor",
    "Searching": "Aranıyor",
    "Training the adapter": "Adaptör eğitiliyor",
    "Training the embedder": "Vektörleştirici eğitiliyor",
    "Trying how to join them": "Aramaların birleşimi deneniyor",
    "Writing the index": "Dizin yazılıyor",
}
"""What the command line says it does just now, in Turkish; what is not here stays as it says it."""
