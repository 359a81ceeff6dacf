"""How many names and addresses are found, and how much of what is found is one: on labelled made-up text, in Turkish and English.

Run `python benchmarks/names.py` (it needs the extra `names`). Sentences, names and places are in two halves: the recognisers were
tuned on `--half tuning` only, the figures are those of `--half report`. No list of the recognisers was drawn from: the names were
written for this file, some are in the lists and some are not, and those are told apart below. A find counts where its span and
its kind are the labelled ones; "covered" counts a label of which no letter is left, whatever the span.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from finetune.privacy.name_words import family_names, given_names, name_key
from finetune.privacy.names import find_everything
from finetune.privacy.personal import PersonalKind, PersonalSpan
from foundation.proportion import wilson

TURKISH = (
    "Ayşe Mehmet Zeynep Hüseyin Elif Mustafa Fatma İbrahim Hatice Ömer Rojbin Berfin Çetiner Ayberk Sümeyra Gülistan Işıl İlayda "
    "Tunahan Şevval Yağız Nisanur Asrın Ecem Mirhan Cemre Rüveyda Çağan Ilgın Alya Kuzey Lina".split(),
    "Yılmaz Demir Öztürk Şahin Çelik Yıldırım Aydın Koç Arslan Doğan Kızılırmak Hacıoğlu Çuhadar Bozdemir İğneci Üstündağ Karaçam "
    "Sarıgöl Tekelioğlu Gürpınar Şirvan Özbudak Altuntaş Demirağ Zeybek Kandemir Uğurlu Ilıcalı".split(),
)
ENGLISH = (
    "Karen Thomas Emily George Charlotte Liam Hannah Peter Sophie Daniel Oluwaseun Priya Niamh Xiadani Bronagh Tadeusz Ingrid "
    "Marisol Kwame Anneliese Rhiannon Zbigniew Aoife Dmitri Saoirse Thandiwe Haruki Leopold".split(),
    "Smith Johnson O'Brien Wilson Harris Thompson Patel Murphy Robinson Clarke Featherstone Okonkwo Bhattacharya Lindqvist "
    "Vanterpool Mbeki Thistlewood Kowalczyk Ravenscroft Nakamura Oyelaran Hollingberry Szymanski Achterberg".split(),
)
QUARTERS = "Caferağa Barbaros Çamlık Yenişehir Fevzi_Çakmak İnönü Kültür Güzelyalı Akpınar Şirinyer Ihlamur Merkez".split()
STREETS = "Moda Bağdat Çiçek Atatürk Gülbahar 1453. Şehit_Kaya İstiklal Lale Papatya Kıbrıs_Şehitleri 27_Mayıs".split()
TOWNS = "Kadıköy/İstanbul Çankaya/Ankara Bornova_İzmir Nilüfer/Bursa Muratpaşa_Antalya Ortahisar/Trabzon Selçuklu/Konya".split()
WAYS = "Mill_Street Baker_Street Old_Church_Road Elm_Avenue Rosewood_Lane Harbour_Drive St._James's_Square Victoria_Terrace".split()
PLACES = "Lindvale Manchester Springfield,_IL_62704 London_NW1_6XE Austin,_TX_78701 Leeds_LS1_4DY Dunmore Bristol_BS8_1TH".split()

ANNOUNCED = {
    "tuning": (
        "Sayın {n}, siparişiniz yola çıktı.", "{t} Bey'in iadesi onaylandı.", "Müşteri: {n}", "Adım {n}, faturamı bulamıyorum.",
        "Dear {e},", "Mr {f} called twice.", "Customer: {e}", "My name is {e}.", "Dr. {n} ile görüştük.", "Dün {t} Hanım aradı.",
    ),
    "report": (
        "Sn. {n}'a iletilmek üzere", "Av. {n} dosyayı inceledi.", "Bu talebi {t} Hanım'dan aldık.", "Yetkili: {n}, şube 4",
        "Merhaba {t}, kargonuz yolda.", "Ms. {f} wants a refund.", "Prof. {e} wrote the report.", "Kind regards,\n{e}",
        "Recipient: {e}", "Hello {e}, your parcel is here.", "İsmim {n}, iki gündür bekliyorum.", "Ad Soyad: {n}",
    ),
}  # fmt: skip
PLAIN = {
    "tuning": (
        "{n} dün aradı ve iade istedi.", "Paketi {n}'e teslim ettik.", "Bu sabah {n} geldi.", "{e} bought a tent.",
        "We refunded {e} on Monday.", "The parcel of {e}'s arrived.", "Faturayı {n} adına kestik.",
    ),
    "report": (
        "Şikâyeti {n}'ın eşi yazmış.", "{n} ürünü geri gönderdi.", "Kayıtta {n} ve kızı görünüyor.", "Dosya {n}'den geldi.",
        "I spoke to {e} about the stove.", "{e} has not paid yet.", "Please send it to {e} by Friday.", "{e}'s order is late.",
        "It was signed for by {e}.",
    ),
}  # fmt: skip
ADDRESSED = {
    "tuning": ("Adresim: {a}", "Kargo {a} adresine gidecek.", "Send it to {b}.", "I live at {b}"),
    "report": ("{a} adresinde oturuyorum.", "Teslimat: {a}.", "Yeni adresim {a}, eskisini silin.", "My address is {b}.",
               "Deliver to {b}", "She moved from {b} last year."),
}  # fmt: skip
NOTHING = {
    "tuning": (
        "Deniz kenarında bir kamp yeri.", "Kaya gibi sağlam bir çadır.", "Rose Garden is closed in May.", "Bağdat Caddesi mağazası açık.",
        "Güneş battı, Umut kaldı.", "Mark the box and Grant access.", "Sayın Müşterimiz, kampanya başladı.", "Dear Customer,",
        "The Fellmark stove weighs 3 kg.", "Boğaziçi Üniversitesi'nde etkinlik", "Will Hunter boots fit?", "İstanbul'a kargo ücretsiz.",
        "YENİ SEZON BAŞLADI", "KAMP VE DOĞA ÜRÜNLERİ", "Adidas Terrex ayakkabı geldi.", "Thomas Cook Travel closed.", "Ask the Sales Team.",
        "Mehmet Akif Ersoy Lisesi açıldı.", "Our April Catalogue is out.", "Kara Harp Okulu 3 km", "Lake Victoria Lodge, Tanzania",
        "The Harris Tweed jacket costs 90 EUR.", "Emily Dickinson Museum opens at ten.", "Tuz Gölü yolu kapalı.",
    ),
    "report": (
        "Barış Manço Parkı'nda buluşalım.", "Yağmur yağınca Toprak koktu.", "Bahar İndirimi başladı, Yaz Sezonu bitti.",
        "Sayın Yetkili, ürün bozuk çıktı.", "Atatürk Havalimanı kapandı.", "Çınar Ağacı altında mola verdik.", "Hope Street is busy today.",
        "Page 12 Street maps are sold out.", "Summer Sale starts on Friday.", "Hello Team, the Grace period ends.",
        "The Tarn Lantern and the Amber Lamp are back.", "Lindvale Store opens at nine.", "In June the Austin shop closes.",
        "Ankara Şubesi ve İzmir Deposu", "Dr Martens boots are out of stock.", "Kredi Kartı ile Peşin Ödeme", "Kat 3, No 5 numaralı raf",
        "Version 12 Way of the Hill", "Genel Müdürlük onayı gerekiyor.", "Hediye Çeki ve Sadakat Kartı", "Yeni Ürün: Kuzey Işığı feneri",
        "Jack Wolfskin ve Mavi Jeans", "The North Face jacket by Peter Storm", "Max Power Bank, Ray Ban, Charlie Lamp",
    ),
}  # fmt: skip


def half(values: list[str] | tuple[str, ...], which: str) -> list[str]:
    """Return every other value, with blanks for underscores."""
    return [value.replace("_", " ") for value in values[which == "report" :: 2]]


def drawn(rng: random.Random, template: str, which: str) -> tuple[str, PersonalKind | None, str]:
    """Fill a sentence; return it with the kind and the text of what is to be found."""
    given, family = (
        rng.choice(half(names, which))
        for names in (TURKISH if "{n}" in template or "{t}" in template else ENGLISH)
    )
    if rng.random() < 0.1:
        upper = str.maketrans({"i": "İ", "ı": "I"}) if TURKISH[0].count(given) else {}
        given, family = (name.translate(upper).upper() for name in (given, family))
    pick = lambda values: rng.choice(half(values, which))
    street = f"{pick(STREETS)} {rng.choice(('Cad.', 'Caddesi', 'Sok.', 'Sk.', 'Sokak', 'Bulvarı'))}"
    number = f"No:{rng.choice(('', ' '))}{rng.randint(1, 199)}{rng.choice(('', '/4', '/A'))}"
    inside = rng.choice(("", " D:5", " Kat: 2 Daire: 7", ", D. 3"))
    post = f" {rng.randint(10, 81)}{rng.randint(100, 999)}" if rng.random() < 0.5 else ""
    quarter = (
        f"{pick(QUARTERS)} {rng.choice(('Mah.', 'Mahallesi', 'Mh.'))}{rng.choice((',', ''))} "
        if rng.random() < 0.7
        else ""
    )
    english = f"{rng.choice(('', 'Flat 3, ', 'Apt 4B, '))}{rng.randint(1, 2400)} {pick(WAYS)}"
    values = {
        "n": (PersonalKind.NAME, f"{given} {family}"),
        "e": (PersonalKind.NAME, f"{given} {family}"),
        "t": (PersonalKind.NAME, given),
        "f": (PersonalKind.NAME, family),
        "a": (PersonalKind.ADDRESS, f"{quarter}{street}{rng.choice((',', ''))} {number}{inside}{post} {pick(TOWNS)}"),
        "b": (PersonalKind.ADDRESS, f"{english}, {pick(PLACES)}"),
    }  # fmt: skip
    for slot, (kind, value) in values.items():
        if f"{{{slot}}}" in template:
            return template.replace(f"{{{slot}}}", value), kind, value
    return template, None, ""


def is_listed(value: str) -> bool:
    """Return whether a word of a name is in a list of the recognisers."""
    return any(name_key(word) in given_names() | family_names() for word in value.split())


def covered(text: str, value: str, found: list[PersonalSpan]) -> bool:
    """Return whether every letter of a label is in a find, of whatever kind."""
    at = text.index(value)
    return all(
        not char.isalnum() or any(span.start <= place < span.end for span in found)
        for place, char in enumerate(value, start=at)
    )


def share(hits: int, n: int) -> str:
    """Return a share and its 95 % interval as cells of a table."""
    low, high = wilson(hits, n) if n else (0.0, 1.0)
    return f"{hits / max(1, n):.1%} | {low:.1%} – {high:.1%}"


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=500, help="sentences a group")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--half", choices=("tuning", "report"), default="report")
    parser.add_argument("--misses", action="store_true", help="also print what was missed and found wrongly")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    groups = {"announced": ANNOUNCED, "plain": PLAIN, "address": ADDRESSED, "nothing": NOTHING}
    n, exact, whole = Counter[str](), Counter[str](), Counter[str]()
    finds, right = Counter[PersonalKind](), Counter[PersonalKind]()
    false_in_nothing = Counter[str]()
    for group, templates in groups.items():
        for _ in range(asked.n):
            text, kind, value = drawn(rng, rng.choice(templates[asked.half]), asked.half)
            found = [
                span
                for span in find_everything(text)
                if span.kind in (PersonalKind.NAME, PersonalKind.ADDRESS)
            ]
            hits = [span for span in found if span.kind is kind and text[span.start : span.end] == value]
            for span in found:
                finds[span.kind] += 1
                right[span.kind] += span in hits
                if kind is None:
                    false_in_nothing[f"{span.kind}: {text[span.start : span.end]}"] += 1
            if kind is not None:
                rows = [str(kind)]
                if kind is PersonalKind.NAME:
                    sort = "a list has it" if is_listed(value) else "no list has it"
                    rows.append(f"{kind}, {group}, {sort}")
                for row in rows:
                    n[row] += 1
                    exact[row] += bool(hits)
                    whole[row] += covered(text, value, found)
                if asked.misses and not hits:
                    print(f"{text!r}: {[(str(one.kind), text[one.start : one.end]) for one in found]}")
    print("| what | n | recall | 95 % | covered | 95 % |\n|---|---|---|---|---|---|")
    for row in sorted(n, key=lambda row: (row.split(",")[0], row)):
        print(f"| {row} | {n[row]} | {share(exact[row], n[row])} | {share(whole[row], n[row])} |")
    print("\n| what | finds | precision | 95 % |\n|---|---|---|---|")
    for kind, count in finds.items():
        print(f"| {kind} | {count} | {share(right[kind], count)} |")
    print(f"\nFound in {asked.n} sentences that hold neither: {sum(false_in_nothing.values())}")
    if asked.misses:
        print(dict(false_in_nothing))


if __name__ == "__main__":
    main()
