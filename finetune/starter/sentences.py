"""Facts that are whole sentences: rules, doings with an amount, sentences of any words, and of a language nobody knows.

The answer to a question about one of them is the sentence itself. That is what the starter falls back on when it reads
real documents: find the sentence that shares the question's words, and repeat it. Knows nothing of passages.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from finetune.starter import facts, values, words
from finetune.starter.facts import World


@dataclass(frozen=True)
class Statement:
    """A sentence and the questions that it answers."""

    text: str
    """The sentence, with its full stop."""
    questions: tuple[str, ...]
    """Questions that this sentence answers."""
    value: str
    """The part of the sentence that an answer must hold."""


def rule(rng: random.Random, world: World) -> Statement:
    """Return a rule: who may or must (not) do what, and under which condition."""
    vocabulary = world.vocabulary
    who, act = rng.choice(vocabulary.subjects), rng.choice(vocabulary.acts)
    low = who[0].lower() + who[1:]
    condition = rng.choice(
        (
            f"within {values.duration(rng)}", f"for a fee of {values.money(rng)}", f"after {values.time(rng)}", f"before {values.date(rng)}",
            f"with form {values.code(rng)}", f"up to {values.money(rng)}", f"until {values.date(rng)}", f"on {rng.choice(words.WEEKDAYS)}",
            f"if they show {values.code(rng)}", f"from {values.date(rng)}", f"at {values.place(vocabulary)(rng)}", f"once every {values.duration(rng)}",
        )
    )  # fmt: skip
    modal = rng.choice(("may", "can", "must", "may not", "cannot"))
    text = f"{who} {modal} {act} {condition}."
    asked = [
        f"Can {low} {act}?",
        f"When can {low} {act}?",
        f"Until when can {low} {act}?",
        f"How can {low} {act}?",
    ]
    asked += [
        f"Under which condition can {low} {act}?",
        f"Are {low} allowed to {act}?",
        f"What are the rules if {low} want to {act}?",
    ]
    return Statement(text, tuple(asked[4:] if world.held_out else asked[:6]), condition)


def doing(rng: random.Random, world: World) -> Statement:
    """Return what a named thing does with an amount: `The Orlan pump moves 40 litres of water.`"""
    vocabulary = world.vocabulary
    who, verb, thing = facts.entity(rng, world), rng.choice(vocabulary.verbs), rng.choice(vocabulary.objects)
    amount = str(rng.choice((rng.randint(2, 99), rng.randint(100, 9999))))
    start = who[:1].upper() + who[1:]
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    extra = rng.choice(("", "", " a day", " each week", " per trip", " at a time", " in winter"))
    noun = thing.split()[0]
    asked = (
        f"How many {thing} does {who} {verb}?",
        f"How many {noun} does {who} {verb}?",
        f"What does {who} {verb}?",
    )
    return Statement(f"{start} {third} {amount} {thing}{extra}.", asked, f"{amount} {thing}")


def foreign(rng: random.Random, world: World) -> Statement:
    """Return a sentence of made-up words, asked for by some of these words."""
    made = [words.plain_word(rng, world.vocabulary) for _ in range(rng.randint(4, 8))]
    if rng.random() < 0.5:
        made[0] = facts.entity(rng, world)
    made.insert(rng.randint(1, len(made)), values.any_value(world.vocabulary)(rng))
    keep = [word for word in made if not any(letter.isdigit() for letter in word)]
    shared = [word for word in keep if rng.random() < 0.6] or keep[:2]
    text = " ".join(made)
    question = " ".join(shared)
    if rng.random() < 0.3:
        question = f"{words.plain_word(rng, world.vocabulary)} {question}"
    text, question = text[:1].upper() + text[1:], question[:1].upper() + question[1:]
    return Statement(f"{text}.", (f"{question}?",), text)


_ASKING = (
    "What", "Which", "How many", "How much", "How long", "When", "Who", "Where", "Until when", "Can", "Is", "Are", "How", "By when", "May",
    "At what time", "Within how many days", "What does", "What is", "Whom", "From when", "To what", "How late", "Does", "For how long",
)  # fmt: skip
_NOUN_PHRASES = (
    "the {n}", "{n}", "a {n}", "the {n} {n}", "{n} {n}", "{n}s", "{n} {n}s", "the {n} of the {n}", "the {n} for {n}s", "the {n} of {p}",
    "the {p} {n}", "{p}", "{n}s from the {n}", "every {n}", "the {n} in {p}", "{n}s with a {n}",
)  # fmt: skip
_VERB_PHRASES = (
    "{b}s", "{b}s", "may {b}", "must {b}", "can {b}", "is {b}ed", "are {b}ed", "is", "is", "are", "was", "will {b}", "cannot {b}", "may be {b}ed",
    "must be {b}ed", "has", "have", "needs", "starts", "costs", "takes", "does not {b}", "gets", "applies to",
)  # fmt: skip
_VALUE_PHRASES = (
    "{v}", "{v}", "{v}", "within {v}", "after {v}", "for {v}", "up to {v}", "at {v}", "by {v}", "at least {v}", "only with {v}", "on {v}", "in {v}",
    "until {v}", "from {v}", "{v} per {n}", "{v} a {n}", "before {v}", "at most {v}", "only {v}", "{v} more than {n}s", "with {v}",
)  # fmt: skip
_OPENINGS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "Without a {n}, ",
    "In the {n}, ",
    "With {n} {n}s, ",
    "Since {v}, ",
    "For {n}s, ",
    "During {n} {n}, ",
)


def _slots(rng: random.Random, world: World) -> tuple[str, list[str]]:
    """Return a sentence with numbered slots and `{v}`, and the words of its slots."""
    subject, verb, value = rng.choice(_NOUN_PHRASES), rng.choice(_VERB_PHRASES), rng.choice(_VALUE_PHRASES)
    objects = rng.choice(("", "", "", rng.choice(_NOUN_PHRASES)))
    opening = rng.choice(_OPENINGS).replace("{v}", values.date(rng))
    shape = " ".join(part for part in (opening + subject, verb, objects, value) if part)
    made: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        kind = found.group(1)
        made.append(
            words.name(rng, world.vocabulary)
            if kind == "p"
            else words.verb(rng)
            if kind == "b"
            else words.odd_word(rng)
        )
        return f"{{{len(made) - 1}}}"

    return re.sub(r"\{([npb])\}", numbered, shape) + ".", made


def _question(rng: random.Random, text: str, value: str, needed: str) -> str:
    """Ask for a sentence by most of its words: small ones left out, a few added, sometimes in another order.

    No word of `needed` is left out: it may be what tells this sentence from another.
    """
    kept = [
        word
        for word in text.removesuffix(".").replace(value, "").split()
        if rng.random() < (0.85 if len(word) > 3 else 0.5) or word.lower()[:3] in needed
    ]
    if len(kept) > 3 and rng.random() < 0.3:
        cut = rng.randint(1, len(kept) - 1)
        kept = kept[cut:] + kept[:cut]
    kept = [word.removesuffix("s") if rng.random() < 0.25 else word for word in kept]
    if rng.random() < 0.3:
        kept.insert(
            rng.randint(0, len(kept)),
            words.odd_word(rng) if rng.random() < 0.3 else rng.choice(("do", "I", "the", "you", "one", "we")),
        )
    asked = " ".join([rng.choice(_ASKING), *kept])
    return (asked[0] + asked[1:].replace(" The ", " the ")).rstrip(",") + "?"


def siblings(rng: random.Random, world: World, count: int) -> list[Statement]:
    """Return sentences of any words, alike but for one or two of these and the value.

    What one of them tells is no answer to a question about another.
    """
    shape, first = _slots(rng, world)
    drawn = values.any_value(world.vocabulary)
    made: list[Statement] = []
    for place in range(count):
        filled = list(first)
        if filled and place:
            for at in rng.sample(range(len(filled)), rng.choice((1, 1, min(2, len(filled))))):
                filled[at] = words.odd_word(rng)
        value = drawn(rng)
        text = shape.format(*filled, v=value)
        text = text[:1].upper() + text[1:]
        needed = " ".join(filled).lower()
        if all(other.text.replace(other.value, "") != text.replace(value, "") for other in made):
            made.append(Statement(text, tuple(_question(rng, text, value, needed) for _ in range(3)), value))
    return made


def draw(rng: random.Random, world: World) -> Statement:
    """Draw a statement of one of the three kinds."""
    return rng.choices((rule, doing, foreign), weights=(4, 3, 3))[0](rng, world)
