"""How much personal data is found, and how much of what is found is any: recall and precision a kind, on labelled made-up text.

Run `python benchmarks/personal_data.py`. Every number is drawn and none is taken from a list of people. A sentence holds one
value of one kind in one of the spellings that people use, in Turkish or English, or a number that only looks like one (an order,
a price, a version, a date that is no birthday, a wrong check digit). A find counts where its span and its kind are the labelled
ones.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stdnum import iban, luhn
from stdnum.tr import tckimlik, vkn

from finetune.privacy.personal import PersonalKind, find_personal

Draw = Callable[[random.Random], str]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def digits(rng: random.Random, count: int, first: str = "123456789") -> str:
    """Draw a number of so many digits."""
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def grouped(text: str, sizes: tuple[int, ...], by: str) -> str:
    """Write a number in groups."""
    parts, start = [], 0
    for size in sizes:
        parts.append(text[start : start + size])
        start += size
    return by.join([*parts, text[start:]] if text[start:] else parts)


def tckn(rng: random.Random) -> str:
    """Draw an identity number in some spelling."""
    nine = digits(rng, 9)
    number = nine + tckimlik.calc_check_digits(nine)
    return rng.choice(
        (
            number,
            number,
            grouped(number, (3, 3, 3), " "),
            number.translate(FULL_WIDTH),
            f"{number[:7]}\u200b{number[7:]}",
        )
    )


def vkn_number(rng: random.Random) -> str:
    """Draw a tax number."""
    nine = digits(rng, 9, "0123456789")
    return nine + vkn.calc_check_digit(nine)


def account(rng: random.Random) -> str:
    """Draw a Turkish or a German IBAN."""
    country, length = rng.choice((("TR", 22), ("DE", 18)))
    rest = digits(rng, length, "0") if country == "TR" else digits(rng, length)
    number = country + iban.calc_check_digits(f"{country}00{rest}") + rest
    return rng.choice((number, grouped(number, (4,) * (len(number) // 4), " ")))


def card(rng: random.Random) -> str:
    """Draw a card number of sixteen digits."""
    fifteen = digits(rng, 15, "45")
    number = fifteen + luhn.calc_check_digit(fifteen)
    return rng.choice((number, grouped(number, (4, 4, 4), " "), grouped(number, (4, 4, 4), "-")))


def phone(rng: random.Random) -> str:
    """Draw a Turkish mobile or Istanbul number."""
    area = rng.choice(("532", "542", "505", "555", "212", "216"))
    rest = digits(rng, 7, "23456789")
    spaced = f"{rest[:3]} {rest[3:5]} {rest[5:]}"
    return rng.choice(
        (
            f"+90 {area} {spaced}",
            f"0{area} {spaced}",
            f"0{area}{rest}",
            f"(0{area}) {spaced}",
            f"+90{area}{rest}",
            f"0 {area} {spaced}",
        )
    )


def email(rng: random.Random) -> str:
    """Draw an e-mail address."""
    name = "".join(rng.choice("abcdefghijklmnoprstuvyz") for _ in range(rng.randint(3, 9)))
    host = rng.choice(("kurum.com.tr", "firma.net", "lakeside.co.uk", "posta.tr"))
    return f"{name}{rng.choice(('', '.k', '_2', '+x', '.Y'))}@{host}"


def machine(rng: random.Random) -> str:
    """Draw an IPv4 or IPv6 address."""
    if rng.random() < 0.8:
        return ".".join(
            str(rng.choice((10, 31, 78, 85, 172, 192, 212))) if not place else str(rng.randint(1, 254))
            for place in range(4)
        )
    return "fe80::" + ":".join(f"{rng.randrange(1, 0xFFFF):x}" for _ in range(4))


def plate(rng: random.Random) -> str:
    """Draw a licence plate."""
    count = rng.choice((1, 2, 3))
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVYZ") for _ in range(count))
    number = digits(rng, rng.choice({1: (4, 5), 2: (3, 4), 3: (2, 3)}[count]))
    by = rng.choice((" ", ""))
    return f"{rng.randint(1, 81):02}{by}{letters}{by}{number}"


def day(rng: random.Random) -> str:
    """Draw a date."""
    year, month, of_month = rng.randint(1940, 2010), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(
        (f"{of_month:02}.{month:02}.{year}", f"{of_month}/{month}/{year}", f"{year}-{month:02}-{of_month:02}")
    )


KINDS: dict[PersonalKind, tuple[Draw, tuple[str, ...]]] = {
    PersonalKind.TCKN: (
        tckn,
        (
            "TCKN: {}",
            "Kimlik numaram {}'dır.",
            "The identity number is {}.",
            "TC {} olan müşteri",
            "{} aradı",
        ),
    ),
    PersonalKind.VKN: (
        vkn_number,
        ("VKN {}", "Vergi no: {}", "vergi kimlik numarası {} olan firma", "tax number {}"),
    ),
    PersonalKind.IBAN: (account, ("IBAN: {}", "Lütfen {} hesabına gönderin.", "Pay to {}.", "{}'a yatırdım")),
    PersonalKind.CARD: (
        card,
        ("kart no {}", "Card {} was charged.", "{} numaralı kartım", "paid by {}, thanks"),
    ),
    PersonalKind.PHONE: (
        phone,
        (
            "Beni {} numarasından arayın.",
            "Call {} [1].",
            "Tel: {}",
            "{}'den ulaşın",
            "My number is {}, ask for me.",
        ),
    ),
    PersonalKind.EMAIL: (email, ("Bana {} adresinden yazın.", "Write to {}.", "<{}>", "e-posta: {};")),
    PersonalKind.IP: (
        machine,
        ("{} adresinden giriş yapıldı.", "The request came from {}.", "host {} is down", "({})"),
    ),
    PersonalKind.PLATE: (
        plate,
        ("{} plakalı araç", "The car {} stood there.", "Plaka: {}", "{}'i çektiler."),
    ),
    PersonalKind.BIRTH_DATE: (
        day,
        ("Doğum tarihi: {}", "She was born on {}.", "Date of birth {}", "D.T. {}"),
    ),
}


def wrong(rng: random.Random, number: str) -> str:
    """Change the last digit."""
    return number[:-1] + str((int(number[-1]) + rng.randint(1, 9)) % 10)


NEGATIVES: tuple[Draw, ...] = (
    lambda rng: f"Sipariş no {digits(rng, rng.choice((8, 9, 12, 14)))}",
    lambda rng: f"Fatura 2026-{digits(rng, 11, '0')}",
    lambda rng: f"Toplam {rng.randint(1, 999)}.{rng.randint(100, 999)},{rng.randint(10, 99)} TL",
    lambda rng: (
        f"version {rng.randint(1, 9)}.{rng.randint(0, 99)}.{rng.randint(0, 9)}.{rng.randint(0, 9)} is out"
    ),
    lambda rng: f"The report of {day(rng)} is here.",
    lambda rng: (
        f"{rng.randint(10, 81)} {rng.choice(('EUR', 'CM', 'KG', 'TL', 'USD'))} {rng.randint(100, 999)}"
    ),
    lambda rng: f"TC {wrong(rng, digits(rng, 9) + '00')}",
    lambda rng: (
        f"Ürün kodu {rng.choice('ABCKT')}{rng.choice('XYZ')}-{digits(rng, 4)}, {rng.randint(10, 99)} x {rng.randint(10, 99)} cm"
    ),
    lambda rng: f"Parcel {digits(rng, 10)} left at {rng.randint(0, 23):02}:{rng.randint(0, 59):02}.",
    lambda rng: "Write to help@firma.example or info@example.com.",
    lambda rng: f"Raf {rng.randint(1, 99)}, kat {rng.randint(1, 9)}, {rng.randint(1000, 9999)} adet",
)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval."""
    z, p = 1.959964, hits / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--n", type=int, default=500, help="sentences a kind; as many in all that hold nothing, a kind"
    )
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    right, labelled, found = Counter[PersonalKind](), Counter[PersonalKind](), Counter[PersonalKind]()
    sentences: list[tuple[str, PersonalKind | None, str]] = []
    for kind, (draw, around) in KINDS.items():
        for _ in range(asked.n):
            value = draw(rng)
            sentences.append((rng.choice(around).format(value), kind, value))
    sentences += [(rng.choice(NEGATIVES)(rng), None, "") for _ in range(asked.n * len(KINDS))]
    for text, kind, value in sentences:
        if kind:
            labelled[kind] += 1
        for span in find_personal(text):
            found[span.kind] += 1
            right[span.kind] += span.kind is kind and text[span.start : span.end] == value
    rows = []
    for kind in KINDS:
        recall, precision = right[kind] / labelled[kind], right[kind] / max(1, found[kind])
        rows.append(
            (
                str(kind),
                recall,
                *wilson(right[kind], labelled[kind]),
                precision,
                *wilson(right[kind], max(1, found[kind])),
            )
        )
    if asked.json:
        names = (
            "kind",
            "recall",
            "recall_low",
            "recall_high",
            "precision",
            "precision_low",
            "precision_high",
        )
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return
    print(f"| kind | recall (n = {asked.n}) | 95 % | precision | 95 % |\n|---|---|---|---|---|")
    for kind, r, r_low, r_high, p, p_low, p_high in rows:
        print(f"| {kind} | {r:.1%} | {r_low:.1%} – {r_high:.1%} | {p:.1%} | {p_low:.1%} – {p_high:.1%} |")


if __name__ == "__main__":
    main()
