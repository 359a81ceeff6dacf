"""Words of the page Report, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "report.title": ("What was found?", "Ne bulundu?"),
    "report.lead": (
        "One file to hand on: the verdict, its intervals, every lost question, and what it was made with.",
        "Paylaşılacak tek dosya: karar, aralıkları, kaybedilen her soru ve neyle yapıldığı.",
    ),
    "report.empty": (
        "**There is nothing to report yet.** A report tells what a measurement found.",
        "**Henüz raporlanacak bir şey yok.** Rapor, bir ölçümün ne bulduğunu anlatır.",
    ),
    "report.climbed": (
        "**There is nothing to report yet.** What Compare shows was found on the way of a climb, which keeps no run. "
        "Measure once more: answers that were kept are not asked again.",
        "**Henüz raporlanacak bir şey yok.** Karşılaştırma sayfasında görünen, bir tırmanışın yolunda bulundu; tırmanış "
        "raporlanacak bir çalıştırma saklamaz. Bir kez daha ölçün: saklanan yanıtlar yeniden sorulmaz.",
    ),
    "report.to_compare": ("Measure on the page Compare", "Karşılaştırma sayfasında ölçün"),
    "report.run": ("run", "çalıştırma"),
    "report.which": ("Run", "Çalıştırma"),
    "report.measured": ("The measurement", "Ölçüm"),
    "report.advice": ("The advice", "Öneri"),
    "report.earlier": ("Earlier runs", "Önceki çalıştırmalar"),
    "report.preview": ("Preview", "Önizleme"),
    "report.preview_note": (
        "As the file looks. It holds no script and fetches nothing.",
        "Dosya böyle görünür. İçinde betik yoktur ve hiçbir yerden bir şey yüklemez.",
    ),
    "report.html": ("Web page", "Web sayfası"),
    "report.markdown": ("Markdown", "Markdown"),
    "report.json": ("JSON", "JSON"),
    "report.csv": ("Answers as CSV", "Yanıtlar (CSV)"),
    "report.csv_note": (
        "In the CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.",
        "CSV'de, hesap tablosunun formül sanacağı hücreler kesme işaretiyle başlar.",
    ),
    "report.made_with": ("What it was made with", "Neyle yapıldı?"),
    "report.sha": ("hash of the whole", "tümünün özeti (hash)"),
    "report.drawn": ("answers a question", "soru başına yanıt"),
    "report.settings": ("Settings and versions", "Ayarlar ve sürümler"),
    "report.what": ("what", "ne"),
    "report.value": ("value", "değer"),
    "report.when": ("made", "tarih"),
    "report.part": ("questions", "sorular"),
    "report.winner": ("winner", "kazanan"),
    "report.passes": ("passes", "doğru"),
    "report.hash": ("hash", "özet"),
    "report.no_advice": (
        "**No advice yet.** Answer the questionnaire on the page Advise.",
        "**Henüz öneri yok.** Öneri sayfasındaki soruları yanıtlayın.",
    ),
    "report.to_advise": ("To the questionnaire", "Sorulara git"),
    "report.unreadable": ("can't be read", "okunamıyor"),
}
