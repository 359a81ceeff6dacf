"""What signals say, in English and Turkish. Knows nothing of when any of it is said."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """A sentence in both languages; as text it is English."""

    en: str
    """In English."""
    tr: str
    """In Turkish."""

    def __str__(self) -> str:
        """Return it in English, as the terminal and JSON show it."""
        return self.en


NOTHING = Said("", "")
"""Nothing is said."""
WORDS: dict[str, tuple[str, str]] = {
    "few": (
        "Not enough data: {has} {of}, and {needs} are needed, {missing} more.",
        "Veri yetersiz: {of} {has}; {needs} gerekiyor, {missing} tane eksik.",
    ),
    # expired
    "expired.none": (
        "No document has expired or will within a week.", "Süresi dolmuş ya da bir hafta içinde dolacak belge yok.",
    ),
    "expired.some": ("Documents: {parts}.", "{parts}."),
    "expired.gone_one": ("1 has expired", "1 belgenin süresi doldu"),
    "expired.gone": ("{n} have expired", "{n} belgenin süresi doldu"),
    "expired.soon_one": ("1 expires within a week", "1 belgenin süresi bir hafta içinde doluyor"),
    "expired.soon": ("{n} expire within a week", "{n} belgenin süresi bir hafta içinde doluyor"),
    "expired.late": ("the retention of {n} is over", "{n} belgenin saklama süresi bitti"),
    "expired.advice": (
        "Put what holds now in their place, or prolong them in documents.toml; then sync.",
        "Yerlerine şimdi geçerli olanı koyun ya da documents.toml içinde sürelerini uzatın; sonra eşitleyin.",
    ),
    # form failures
    "form_failures.of": (
        "answers to different questions in the newest whole week", "en yeni tam haftada farklı sorulara verilen yanıt:",
    ),
    "form_failures.none": (
        "None of {asked} answers of the newest week breaks a rule of the form.",
        "En yeni haftanın {asked} yanıtından hiçbiri bir biçim kuralını bozmuyor.",
    ),
    "form_failures.found": (
        "{setup} breaks the rule `{rule}` in {broken} of {asked} answers of the newest week; {limit:.0f}% are borne.",
        "{setup}, en yeni haftanın {asked} yanıtından {broken} tanesinde `{rule}` kuralını bozuyor; en çok "
        "%{limit:.0f} kabul edilir.",
    ),
    "form_failures.advice": (
        "Collect examples that keep the rule where it is broken, and train on them.",
        "Kuralın bozulduğu yerlerde kurala uyan örnekler toplayın ve onlarla eğitin.",
    ),
    # documents that are never hit
    "never_hit.of": (
        "answers with passages since {since}, with {documents} documents as old as that,",
        "{since} gününden beri bölüm bulan yanıt ({documents} belge o günden eski):",
    ),
    "never_hit.none": (
        "No document has been there since {since}.", "{since} gününden beri burada olan belge yok.",
    ),
    "never_hit.all": (
        "Each of {documents} documents was hit by at least one of {answers} answers since {since}.",
        "{since} gününden beri verilen {answers} yanıt, {documents} belgenin her birine en az bir kez ulaştı.",
    ),
    "never_hit.some": (
        "{idle} of {documents} documents were hit by none of {answers} answers since {since}: each is needed for fewer than "
        "{rare:.1f}% of the questions, with 95 % certainty.",
        "{documents} belgeden {idle} tanesine, {since} gününden beri verilen {answers} yanıttan hiçbiri ulaşmadı: her "
        "birine gerek duyan soruların payı, %95 kesinlikle, %{rare:.1f} altında.",
    ),
    "never_hit.advice": (
        "Take them out, or give them headings that say what they answer; then sync.",
        "Çıkarın ya da neyi yanıtladıklarını söyleyen başlıklar verin; sonra eşitleyin.",
    ),
    # question drift
    "question_drift.of_newest": (
        "conversations of the newest whole week have a sketch of their question",
        "en yeni tam haftada sorusunun özeti saklanan sohbet:",
    ),
    "question_drift.of_before": (
        "conversations of the weeks before it have a sketch of their question",
        "önceki haftalarda sorusunun özeti saklanan sohbet:",
    ),
    "question_drift.found": (
        "What the newest week asks for is {share:.3f} away from the weeks before, of 0 (alike) to 1 (nothing in common), by the "
        "first questions of {newest} conversations against {before}.",
        "En yeni haftanın sorduğu, önceki haftalardan {share:.3f} uzaklıkta (0: aynı, 1: ortak hiçbir şey yok); {newest} "
        "sohbetin ilk soruları {before} sohbetinkilerle karşılaştırıldı.",
    ),
    "question_drift.advice": (
        "The questions that setups are measured on may not be those that are asked any more: add newer ones and compare again.",
        "Kurulumların ölçüldüğü sorular artık sorulanlar olmayabilir: yenilerini ekleyin ve yeniden karşılaştırın.",
    ),
    # score drift
    "score_drift.of_newest": (
        "conversations of the newest whole week found passages", "en yeni tam haftada bölüm bulan sohbet:",
    ),
    "score_drift.of_before": (
        "conversations of the weeks before it found passages", "önceki haftalarda bölüm bulan sohbet:",
    ),
    "score_drift.found": (
        "A question of the newest week finds a nearer passage than one of the weeks before in {above:.0f}% of all pairs (half "
        "where nothing changed), {newest} conversations against {before}.",
        "Tüm çiftlerin %{above:.0f} kadarında en yeni haftanın sorusu, önceki haftaların sorusunun bulduğundan daha yakın bir "
        "bölüm buluyor (değişiklik yoksa yarısında); {newest} sohbet {before} sohbetle karşılaştırıldı.",
    ),
    "score_drift.advice": (
        "Documents are missing from the index, or don't say what is asked now: put them in, sync, and tune the search again.",
        "Dizinde belge eksik ya da belgeler şimdi sorulanı söylemiyor: ekleyin, eşitleyin ve aramayı yeniden ayarlayın.",
    ),
    # the adapter that serves
    "adapter.none": (
        "No adapter serves, so none can be out of date.", "Kullanımda adaptör yok; eskiyecek bir şey de yok.",
    ),
    "adapter.fits": (
        "The adapter {adapter} is made from what is there now.", "{adapter} adaptörü şimdi burada olandan yapılmış.",
    ),
    "adapter.stale": (
        "The adapter {adapter} is out of date: {why}.", "{adapter} adaptörü güncel değil; {why}.",
    ),
    "adapter.forgotten": ("it learned from what was forgotten since", "sonradan unutulan verilerden öğrenmiş"),
    "adapter.changed": ("the {parts} changed", "değişenler: {parts}"),
    "adapter.part.examples": ("examples", "örnekler"),
    "adapter.part.form": ("form", "biçim"),
    "adapter.part.training settings": ("training settings", "eğitim ayarları"),
    "adapter.advice": (
        "Train one anew; it serves only if it is better.", "Yenisini eğitin; ancak daha iyiyse kullanılır.",
    ),
    # thumbs
    "thumbs.of_newest": ("thumbs of the newest whole week", "en yeni tam haftada verilen oy:"),
    "thumbs.of_before": ("thumbs of the weeks before it", "önceki haftalarda verilen oy:"),
    "thumbs.found": (
        "{new_up} of {new} thumbs of the newest week are up, before it {old_up} of {old}.",
        "En yeni haftanın {new} oyundan {new_up} tanesi beğeni, öncesinde {old} oydan {old_up} tanesi.",
    ),
    "thumbs.advice": (
        "What was true of the case may not be any more: fill in the answers again and ask for advice.",
        "Durum için doğru olan artık doğru olmayabilir: danışmanın sorularını yeniden yanıtlayın ve öneri alın.",
    ),
    # questions that nothing answers
    "unanswered.quiet": (
        "{open} of {all} conversations since {since} asked what the documents do not tell; no {fewest} of them ask alike.",
        "{since} gününden beri {all} sohbetten {open} tanesi belgelerde olmayan bir şeyi sordu; aralarında birbirine "
        "benzeyen {fewest} soru yok.",
    ),
    "unanswered.one": (
        "{open} of {all} conversations since {since} asked what the documents do not tell; {grouped} of them in 1 group that "
        "asks alike.",
        "{since} gününden beri {all} sohbetten {open} tanesi belgelerde olmayan bir şeyi sordu; {grouped} tanesi benzer "
        "sorulardan oluşan 1 öbekte.",
    ),
    "unanswered.some": (
        "{open} of {all} conversations since {since} asked what the documents do not tell; {grouped} of them in {groups} groups "
        "that ask alike.",
        "{since} gününden beri {all} sohbetten {open} tanesi belgelerde olmayan bir şeyi sordu; {grouped} tanesi benzer "
        "sorulardan oluşan {groups} öbekte.",
    ),
    "unanswered.near": ("near {label}", "yakını: {label}"),
    "unanswered.nothing": ("nothing was near", "yakında bir şey yoktu"),
    "unanswered.advice": ("Write these documents, then sync.", "Bu belgeleri yazın, sonra eşitleyin."),
}  # fmt: skip
"""Each sentence in English and Turkish, with places for values."""


def said(key: str, /, **values: object) -> Said:
    """Return a sentence with its values put in.

    Args:
        key: Which; one of `WORDS`.
        **values: What stands in its places; what is said itself stands in the sentence's own language.
    """
    return Said(*(_put(words, values, place) for place, words in enumerate(WORDS[key])))


def joined(parts: list[Said], en: str = ", ", tr: str = ", ") -> Said:
    """Return several in one, with what stands between them in each language."""
    return Said(en.join(one.en for one in parts), tr.join(one.tr for one in parts))


def in_language(told: str | Said, language: str) -> str:
    """Return what is said in a language; what is no sentence of ours stands as it is.

    Args:
        told: What.
        language: `en` or `tr`.
    """
    return told[language == "tr"] if isinstance(told, Said) else told


def _put(words: str, values: dict[str, object], place: int) -> str:
    return words.format(
        **{name: one[place] if isinstance(one, Said) else one for name, one in values.items()}
    )
