"""How any fact is stated and asked for: templates, whole ones and free ones, in two sets that share none.

In every template `{e}` is the entity, `{a}` the attribute's phrase and `{v}` the value; a capital starts a sentence. Knows
nothing of which facts there are.
"""

from __future__ import annotations

import random

from finetune.starter import words

STATEMENTS = (
    "The {a} of {e} is {v}.", "The {a} of {e} is {v}.", "The {a} for {e} is {v}.", "{E} has a {a} of {v}.",
    "For {e}, the {a} is {v}.", "{E}: the {a} is {v}.", "{v} is the {a} of {e}.", "We set the {a} of {e} to {v}.",
    "The {a} of {e} was set to {v}.", "At {e}, the {a} is {v}.", "{E} comes with a {a} of {v}.",
    "Please note that the {a} of {e} is {v}.", "The current {a} of {e} is {v}.", "{E} lists {v} as its {a}.",
    "{E} ({a}: {v}) is new.", "When it comes to {e}, the {a} is {v}.", "The {a} is {v} for {e}.",
    "The team agreed on {v} as the {a} of {e}.", "Our {a} for {e} stands at {v}.", "{E} now has {v} as its {a}.",
    "Remember: {e} means a {a} of {v}.", "{A}, {e}: {v}.", "{E} gets {v} for its {a}.", "Nobody doubts that {v} is right for the {a} of {e}.",
    "The {a}, {v}, belongs to {e}.", "Ask for {e} and you see a {a} of {v}.", "Since last year {e} uses {v} for the {a}.",
    "With {e}, expect {v} as the {a}.", "{E} works to a {a} of {v}.", "Whoever takes {e} takes a {a} of {v}.",
)  # fmt: skip
LEADS = (
    "Hello", "Good day", "Quick question", "A customer asks", "My boss wants to know", "One more thing", "Sorry to ask",
    "Just checking", "For my notes", "Before I order", "Help me", "I was wondering", "Could you say", "Once again", "So",
    "And", "In short", "If you know", "Regarding this", "Listen", "Somebody wrote", "I heard about it", "We need to know",
)  # fmt: skip
STATEMENTS_HELD_OUT = (
    "You will find that {e} shows a {a} of {v}.", "In the case of {e}, {v} counts as the {a}.",
    "{E} keeps its {a} at {v}.", "The {a} that applies to {e} is {v}.", "Everyone at {e} works with a {a} of {v}.",
)  # fmt: skip
QUESTIONS = (
    "What is the {a} of {e}?", "What is the {a} of {e}?", "What is the {a} for {e}?", "Tell me the {a} of {e}.",
    "Which {a} does {e} have?", "What {a} does {e} have?", "I need the {a} of {e}.", "Do you know the {a} of {e}?",
    "Can you tell me the {a} for {e}?", "{E}: {a}?", "Please give me the {a} of {e}.", "How about the {a} of {e}?",
    "For {e}, what is the {a}?", "What's the {a} of {e}?", "what is the {a} of {e}", "Could you look up the {a} of {e}?",
    "What does it say about the {a} of {e}?", "I would like to know the {a} of {e}.", "What is {e}'s {a}?",
    "{E}, {a}?", "About {e}: what {a}?", "The {a} of {e}, please.", "As to {e}, tell me the {a}.", "How high is the {a} of {e}?",
    "Is the {a} of {e} known?", "When someone asks for the {a} of {e}, what do I say?", "Which is the {a} for {e}?", "{a} {e}",
    "With {e}, what {a} do I get?", "Say the {a} of {e}.", "Under {e}, which {a} is listed?", "{A} of {e}?",
)  # fmt: skip
QUESTIONS_HELD_OUT = (
    "Any idea what the {a} of {e} might be?", "Where {e} is concerned, which {a} applies?",
    "Someone asked me for the {a} of {e}, what is it?", "Remind me: {a} of {e}?", "Of {e}, what would the {a} be?",
)  # fmt: skip
FOLLOW_UPS = (
    "And its {a}?", "And the {a}?", "What about its {a}?", "What is its {a}?", "And what is its {a}?", "How about the {a}?",
    "Also, what is the {a}?", "Its {a}, please?", "Thanks. And the {a}?", "Does it say the {a} too?",
)  # fmt: skip
FOLLOW_UPS_HELD_OUT = ("Good, now its {a}?", "Then what would its {a} be?", "I also need its {a}.")
GENERIC_ANSWER = "The {a} of {e} is {v}"

# What stands between the slots of a free phrasing. A model that has met only whole templates learns these by heart, and is
# lost before any other (measured: 90 % right in templates of the training world, 52 % in others); one that has met slots
# between any words learns to look for the slots.
_BETWEEN = tuple(
    "about according after again agreed all allowed almost already also always amounts any anyone applied are around as asked at "
    "based be because been before being below between book both bring but by calculated called can case come comes could count "
    "current currently day depends did do does each either every exactly expect fact few file find fixed follow for found from get "
    "gets give given gives go goes had has have he held her here his hold holds how however if in into is it just kept know known "
    "last least left less like likely list listed look looks made make many mark may me mean means measured might more most much must my "
    "named need new next no not note nothing now of off often on once one only other others our out over own page please point "
    "put quite rather read really records reported right rule said same say says see seen set shall she should show shown shows since so "
    "some something stand stands state stated still such sure take taken takes tell than that their them then there these they think this "
    "those though to today told too two under until up us use used uses usually very want was way we well were what when where whether "
    "which while who whole will with within without would write written year yet you your".split()
)
_ASKING = (
    "What", "Which", "How", "When", "Who", "Where", "What is", "What was", "How much", "How many", "How long", "Whose", "Is there", "Can",
    "Do", "Does", "What about", "Tell me", "Give me", "Say", "Find", "I want", "I need", "Please", "Explain", "Are", "Will", "To what", "At what",
)  # fmt: skip


def _between(rng: random.Random, low: int, high: int) -> str:
    return " ".join(
        rng.choice(_BETWEEN) if rng.random() < 0.85 else words.odd_word(rng)
        for _ in range(rng.randint(low, high))
    )


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _phrase(rng: random.Random) -> str:
    return rng.choice(("the {a}", "the {a}", "its {a}", "a {a}", "{a}"))


def free_statement(rng: random.Random) -> str:
    """Return a template that states a fact, its slots in any order between any words."""
    slots = {"e": "{e}", "a": _phrase(rng), "v": "{v}"}
    first, second, third = (
        slots[name] for name in rng.choice(("eav", "eav", "aev", "aev", "eva", "ave", "vae", "vea"))
    )
    comma = rng.choice(("", "", "", ","))
    text = _joined(
        _between(rng, 0, 4),
        first + comma,
        _between(rng, 0, 3),
        second,
        _between(rng, 0, 3),
        third,
        _between(rng, 0, 2),
    )
    return _capitalised(text) + "."


def free_question(rng: random.Random) -> str:
    """Return a template that asks for a fact, its slots in either order between any words."""
    slots = [_phrase(rng).replace("its ", ""), "{e}"]
    rng.shuffle(slots)
    text = _joined(
        rng.choice(_ASKING) if rng.random() < 0.7 else "", _between(rng, 0, 3), slots[0], _between(rng, 0, 3), slots[1],
        _between(rng, 0, 3),
    )  # fmt: skip
    return _capitalised(text) + rng.choice(("?", "?", "?", ".", ""))


def free_follow_up(rng: random.Random) -> str:
    """Return a template that asks for another attribute of what was asked about before."""
    text = _joined(
        rng.choice(_ASKING) if rng.random() < 0.4 else "", _between(rng, 0, 3), rng.choice(("its {a}", "its {a}", "the {a}", "{a}")),
        _between(rng, 0, 2),
    )  # fmt: skip
    return _capitalised(text) + rng.choice(("?", "?", "."))


def _capitalised(template: str) -> str:
    if template.startswith(("{e}", "{a}")):
        return template[0] + template[1].upper() + template[2:]
    return template[:1].upper() + template[1:]
