"""What can be told of a thing: money, dates, durations, codes, names, addresses, in the ways that documents write them.

Every function draws one value, or returns a function that does. Knows nothing of what has the value.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from finetune.starter import words
from finetune.starter.words import Vocabulary

Draw = Callable[[random.Random], str]
"""Draws a value, as text."""


def number(low: int, high: int) -> Draw:
    """Return a draw of whole numbers from `low` to `high`, both included."""
    return lambda rng: str(rng.randint(low, high))


def money(rng: random.Random) -> str:
    """Draw an amount with its currency: `49.21 EUR`."""
    currency = rng.choice(words.CURRENCIES)
    amount = rng.choice(
        (rng.randint(2, 99), rng.randint(2, 99), rng.randint(100, 999), rng.randint(1000, 9999))
    )
    cents = rng.choice(("", "", f".{rng.randint(0, 99):02d}", ".50", ".90"))
    return f"{amount}{cents} {currency}"


def date(rng: random.Random) -> str:
    """Draw a day: `3 May 2027`, `3 May`, `2027-05-03`, `03.05.2027`."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2019, 2031)
    return rng.choice(
        (
            f"{day} {words.MONTHS[month - 1]} {year}",
            f"{day} {words.MONTHS[month - 1]}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day:02d}.{month:02d}.{year}",
        )
    )


def time(rng: random.Random) -> str:
    """Draw a time of day: `08:45`."""
    return f"{rng.randint(0, 23):02d}:{rng.choice((0, 0, 15, 30, 30, 45)):02d}"


def duration(rng: random.Random) -> str:
    """Draw a span of time: `2 to 5 days`."""
    unit = rng.choice(("minutes", "hours", "days", "days", "working days", "weeks", "months", "years"))
    low = rng.randint(2, 90)
    return rng.choice((f"{low} {unit}", f"{low} {unit}", f"{low} to {low + rng.randint(1, 9)} {unit}"))


def percent(rng: random.Random) -> str:
    """Draw a percentage: `6.5 %`."""
    return f"{rng.randint(1, 99)}{rng.choice(('', '', '.5'))}{rng.choice(('%', ' %', ' percent'))}"


def code(rng: random.Random) -> str:
    """Draw an article number or a form's: `VZP-246`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.choice(('-', '-', ''))}{rng.randint(10, 9999)}"


def phone(rng: random.Random) -> str:
    """Draw a phone number or an extension."""
    return rng.choice(
        (
            f"+90 {rng.randint(200, 599)} 555 {rng.randint(10, 99)} {rng.randint(10, 99)}",
            f"0{rng.randint(100, 999)} {rng.randint(100000, 999999)}",
            f"extension {rng.randint(100, 999)}",
            f"555-{rng.randint(1000, 9999)}",
        )
    )


def version(rng: random.Random) -> str:
    """Draw a version: `v10.4.9`."""
    return (
        rng.choice(("", "v"))
        + f"{rng.randint(1, 19)}.{rng.randint(0, 19)}"
        + rng.choice(("", f".{rng.randint(0, 9)}"))
    )


def measure(*units: str) -> Draw:
    """Return a draw of an amount of one of these units: `3.5 kg`."""

    def draw(rng: random.Random) -> str:
        amount = rng.choice(
            (
                str(rng.randint(2, 99)),
                str(rng.randint(100, 2500)),
                f"{rng.randint(0, 20)}.{rng.randint(1, 9)}",
            )
        )
        return f"{amount} {rng.choice(units)}"

    return draw


def choice(options: tuple[str, ...]) -> Draw:
    """Return a draw of one of these words."""
    return lambda rng: rng.choice(options)


def person(vocabulary: Vocabulary) -> Draw:
    """Return a draw of first and last names."""
    return lambda rng: f"{rng.choice(words.FIRST_NAMES)} {words.name(rng, vocabulary)}"


def place(vocabulary: Vocabulary) -> Draw:
    """Return a draw of towns, streets, rooms and shelves."""

    def draw(rng: random.Random) -> str:
        town = words.name(rng, vocabulary) + rng.choice(vocabulary.cities)
        street = f"{rng.randint(1, 180)} {words.name(rng, vocabulary)} {rng.choice(('Street', 'Road', 'Lane', 'Square'))}"
        spot = rng.choice(
            (
                f"room {rng.randint(1, 400)}",
                f"shelf {rng.choice('ABCDEFG')}{rng.randint(1, 40)}",
                f"hall {rng.randint(1, 12)}",
            )
        )
        return rng.choice((town, street, f"{street}, {town}", spot))

    return draw


def email(vocabulary: Vocabulary) -> Draw:
    """Return a draw of e-mail addresses."""

    def draw(rng: random.Random) -> str:
        box = rng.choice(("info", "help", "sales", "jobs", words.plain_word(rng, vocabulary)))
        return f"{box}@{words.plain_word(rng, vocabulary)}.example"

    return draw


def any_value(vocabulary: Vocabulary) -> Draw:
    """Return a draw over every kind of value."""
    kinds: tuple[Draw, ...] = (
        money, money, date, time, duration, duration, percent, code, phone, version, number(2, 9999),
        measure("kg", "g", "cm", "mm", "m", "litres", "km", "GB", "W", "hours", "°C", "points", "people", "units"),
        person(vocabulary), place(vocabulary), email(vocabulary), choice(words.COLOURS), choice(words.MATERIALS),
        choice(words.WEEKDAYS), lambda rng: f"{rng.choice(words.MATERIALS)} and {rng.choice(words.MATERIALS)}",
    )  # fmt: skip
    return lambda rng: rng.choice(kinds)(rng)
