"""Facts that are whole sentences: rules, doings with an amount, and sentences in a language that nobody knows.

The answer to a question about one of them is the sentence itself. That is what the starter falls back on when it reads
real documents: find the sentence that shares the question's words, and repeat it. Knows nothing of passages.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.starter import facts, words
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
            f"within {facts._duration(rng)}", f"for a fee of {facts._money(rng)}", f"after {facts._time(rng)}", f"before {facts._date(rng)}",
            f"with form {facts._code(rng)}", f"up to {facts._money(rng)}", f"until {facts._date(rng)}", f"on {rng.choice(words.WEEKDAYS)}",
            f"if they show {facts._code(rng)}", f"from {facts._date(rng)}", f"at {facts._place(vocabulary)(rng)}", f"once every {facts._duration(rng)}",
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
    made.insert(rng.randint(1, len(made)), facts.any_value(world.vocabulary)(rng))
    keep = [word for word in made if not any(letter.isdigit() for letter in word)]
    shared = [word for word in keep if rng.random() < 0.6] or keep[:2]
    text = " ".join(made)
    question = " ".join(shared)
    if rng.random() < 0.3:
        question = f"{words.plain_word(rng, world.vocabulary)} {question}"
    text, question = text[:1].upper() + text[1:], question[:1].upper() + question[1:]
    return Statement(f"{text}.", (f"{question}?",), text)


def draw(rng: random.Random, world: World) -> Statement:
    """Draw a statement of one of the three kinds."""
    return rng.choices((rule, doing, foreign), weights=(4, 3, 3))[0](rng, world)
