"""Facts of a made-up world: an entity, an attribute, a value, and how both are put into words.

A `Fact` can be stated in a sentence, in a table cell or in a list, asked for, and answered. Knows nothing of passages or
of dialogues.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from finetune.starter import words
from finetune.starter.words import Vocabulary

Draw = Callable[[random.Random], str]


@dataclass(frozen=True)
class World:
    """Where facts come from: one vocabulary, and phrasings that the other world does not use."""

    vocabulary: Vocabulary
    """Its words."""
    held_out: bool
    """Whether this is the world that is measured on."""


TRAINING = World(words.TRAINING, held_out=False)
HELD_OUT = World(words.HELD_OUT, held_out=True)


@dataclass(frozen=True)
class Attribute:
    """Something that can be told of an entity, with its ways of saying it.

    In every template `{e}` is the entity, `{E}` the same at the start of a sentence, `{v}` the value and `{a}` the phrase.
    """

    phrase: str
    """Its name in a table, a list or a question ("delivery time")."""
    value: Draw
    """Draws a value."""
    statements: tuple[str, ...]
    """Sentences that state it."""
    questions: tuple[str, ...]
    """Questions that ask for it."""
    answer: str
    """The sentence that answers."""


@dataclass(frozen=True)
class Fact:
    """One value of one attribute of one entity."""

    entity: str
    """The entity, in words ("the Fellmark stove")."""
    attribute: Attribute
    """What is told of it."""
    value: str
    """The value, exactly as every sentence has it."""

    def ask(self, rng: random.Random, world: World) -> str:
        """Return a question for this fact; in the training world, with words around it that do not matter."""
        question = self.fill(rng.choice(self.attribute.questions))
        if world.held_out or rng.random() > 0.35:
            return question
        lead = (
            rng.choice(_LEADS)
            if rng.random() < 0.6
            else " ".join(words.odd_word(rng) for _ in range(rng.randint(1, 3)))
        )
        lower = question[:1].lower() + question[1:]
        tail = rng.choice(("", "", " Thanks.", " Please tell me.", " It is urgent.", " I forgot."))
        return f"{lead[:1].upper()}{lead[1:]}{rng.choice((',', ':', '', '.', ' -'))} {rng.choice((question, lower))}{tail}"

    def fill(self, template: str) -> str:
        """Put the fact into a template."""
        start = self.entity[:1].upper() + self.entity[1:]
        return (
            template.replace("{e}", self.entity)
            .replace("{E}", start)
            .replace("{a}", self.attribute.phrase)
            .replace("{A}", self.attribute.phrase[:1].upper() + self.attribute.phrase[1:])
            .replace("{v}", self.value)
        )

    @property
    def answer(self) -> str:
        """The sentence that answers a question for this fact, without its citation."""
        return self.fill(self.attribute.answer)


# ---------------------------------------------------------------- values


def _number(low: int, high: int) -> Draw:
    return lambda rng: str(rng.randint(low, high))


def _money(rng: random.Random) -> str:
    currency = rng.choice(words.CURRENCIES)
    amount = rng.choice(
        (rng.randint(2, 99), rng.randint(2, 99), rng.randint(100, 999), rng.randint(1000, 9999))
    )
    cents = rng.choice(("", "", f".{rng.randint(0, 99):02d}", ".50", ".90"))
    return f"{amount}{cents} {currency}"


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2019, 2031)
    return rng.choice(
        (
            f"{day} {words.MONTHS[month - 1]} {year}",
            f"{day} {words.MONTHS[month - 1]}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day:02d}.{month:02d}.{year}",
        )
    )


def _time(rng: random.Random) -> str:
    return f"{rng.randint(0, 23):02d}:{rng.choice((0, 0, 15, 30, 30, 45)):02d}"


def _duration(rng: random.Random) -> str:
    unit = rng.choice(("minutes", "hours", "days", "days", "working days", "weeks", "months", "years"))
    low = rng.randint(2, 90)
    return rng.choice((f"{low} {unit}", f"{low} {unit}", f"{low} to {low + rng.randint(1, 9)} {unit}"))


def _percent(rng: random.Random) -> str:
    return f"{rng.randint(1, 99)}{rng.choice(('', '', '.5'))}{rng.choice(('%', ' %', ' percent'))}"


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.choice(('-', '-', ''))}{rng.randint(10, 9999)}"


def _phone(rng: random.Random) -> str:
    return rng.choice(
        (
            f"+90 {rng.randint(200, 599)} 555 {rng.randint(10, 99)} {rng.randint(10, 99)}",
            f"0{rng.randint(100, 999)} {rng.randint(100000, 999999)}",
            f"extension {rng.randint(100, 999)}",
            f"555-{rng.randint(1000, 9999)}",
        )
    )


def _version(rng: random.Random) -> str:
    return (
        rng.choice(("", "v"))
        + f"{rng.randint(1, 19)}.{rng.randint(0, 19)}"
        + rng.choice(("", f".{rng.randint(0, 9)}"))
    )


def _measure(*units: str) -> Draw:
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


def _choice(options: tuple[str, ...]) -> Draw:
    return lambda rng: rng.choice(options)


def _person(vocabulary: Vocabulary) -> Draw:
    return lambda rng: f"{rng.choice(words.FIRST_NAMES)} {words.name(rng, vocabulary)}"


def _place(vocabulary: Vocabulary) -> Draw:
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


def _email(vocabulary: Vocabulary) -> Draw:
    return lambda rng: (
        f"{rng.choice(('info', 'help', 'sales', 'jobs', words.plain_word(rng, vocabulary)))}@{words.plain_word(rng, vocabulary)}.example"
    )


def any_value(vocabulary: Vocabulary) -> Draw:
    """Return a draw over every kind of value."""
    kinds: tuple[Draw, ...] = (
        _money, _money, _date, _time, _duration, _duration, _percent, _code, _phone, _version, _number(2, 9999),
        _measure("kg", "g", "cm", "mm", "m", "litres", "km", "GB", "W", "hours", "°C", "points", "people", "units"),
        _person(vocabulary), _place(vocabulary), _email(vocabulary), _choice(words.COLOURS), _choice(words.MATERIALS),
        _choice(words.WEEKDAYS), lambda rng: f"{rng.choice(words.MATERIALS)} and {rng.choice(words.MATERIALS)}",
    )  # fmt: skip
    return lambda rng: rng.choice(kinds)(rng)


# ---------------------------------------------------------------- phrasings of any attribute

_STATEMENTS = (
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
_LEADS = (
    "Hello", "Good day", "Quick question", "A customer asks", "My boss wants to know", "One more thing", "Sorry to ask",
    "Just checking", "For my notes", "Before I order", "Help me", "I was wondering", "Could you say", "Once again", "So",
    "And", "In short", "If you know", "Regarding this", "Listen", "Somebody wrote", "I heard about it", "We need to know",
)  # fmt: skip
_STATEMENTS_HELD_OUT = (
    "You will find that {e} shows a {a} of {v}.", "In the case of {e}, {v} counts as the {a}.",
    "{E} keeps its {a} at {v}.", "The {a} that applies to {e} is {v}.", "Everyone at {e} works with a {a} of {v}.",
)  # fmt: skip
_QUESTIONS = (
    "What is the {a} of {e}?", "What is the {a} of {e}?", "What is the {a} for {e}?", "Tell me the {a} of {e}.",
    "Which {a} does {e} have?", "What {a} does {e} have?", "I need the {a} of {e}.", "Do you know the {a} of {e}?",
    "Can you tell me the {a} for {e}?", "{E}: {a}?", "Please give me the {a} of {e}.", "How about the {a} of {e}?",
    "For {e}, what is the {a}?", "What's the {a} of {e}?", "what is the {a} of {e}", "Could you look up the {a} of {e}?",
    "What does it say about the {a} of {e}?", "I would like to know the {a} of {e}.", "What is {e}'s {a}?",
    "{E}, {a}?", "About {e}: what {a}?", "The {a} of {e}, please.", "As to {e}, tell me the {a}.", "How high is the {a} of {e}?",
    "Is the {a} of {e} known?", "When someone asks for the {a} of {e}, what do I say?", "Which is the {a} for {e}?", "{a} {e}",
    "With {e}, what {a} do I get?", "Say the {a} of {e}.", "Under {e}, which {a} is listed?", "{A} of {e}?",
)  # fmt: skip
_QUESTIONS_HELD_OUT = (
    "Any idea what the {a} of {e} might be?", "Where {e} is concerned, which {a} applies?",
    "Someone asked me for the {a} of {e}, what is it?", "Remind me: {a} of {e}?", "Of {e}, what would the {a} be?",
)  # fmt: skip
FOLLOW_UPS = (
    "And its {a}?", "And the {a}?", "What about its {a}?", "What is its {a}?", "And what is its {a}?", "How about the {a}?",
    "Also, what is the {a}?", "Its {a}, please?", "Thanks. And the {a}?", "Does it say the {a} too?",
)  # fmt: skip
FOLLOW_UPS_HELD_OUT = ("Good, now its {a}?", "Then what would its {a} be?", "I also need its {a}.")
_GENERIC_ANSWER = "The {a} of {e} is {v}"

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


def _generic(phrase: str, value: Draw, world: World) -> Attribute:
    if world.held_out:
        return Attribute(phrase, value, _STATEMENTS_HELD_OUT, _QUESTIONS_HELD_OUT, _GENERIC_ANSWER)
    return Attribute(phrase, value, _STATEMENTS, _QUESTIONS, _GENERIC_ANSWER)


# ---------------------------------------------------------------- attributes that people phrase in their own way


def _family(phrase: str, value: Draw, statements: str, questions: str, answer: str) -> Attribute:
    """Build an attribute from `|`-separated templates; the generic phrasings are added to its own."""
    return Attribute(
        phrase,
        value,
        tuple(part.strip() for part in statements.split("|")) * 2 + _STATEMENTS[:4],
        tuple(part.strip() for part in questions.split("|")) * 2 + _QUESTIONS[:4],
        answer,
    )


def families(vocabulary: Vocabulary) -> tuple[Attribute, ...]:
    """Return the attributes with phrasings of their own; the held-out world uses none of them."""
    person, place, email = _person(vocabulary), _place(vocabulary), _email(vocabulary)
    days = _measure("days", "days", "working days", "weeks", "months")
    return (
        _family("price", _money, "{E} costs {v}.|{E} is priced at {v}.|You pay {v} for {e}.|{E} sells for {v}.",
                "How much is {e}?|How much does {e} cost?|What does {e} cost?|What do I pay for {e}?", "{E} costs {v}"),
        _family("weight", _measure("kg", "g", "grams", "kilos"), "{E} weighs {v}.|{E} has a weight of {v}.",
                "How heavy is {e}?|How much does {e} weigh?|What does {e} weigh?", "{E} weighs {v}"),
        _family("warranty", days, "{E} has a warranty of {v}.|{E} is covered by a warranty of {v}.|The warranty of {e} lasts {v}.",
                "How long is the warranty of {e}?|How long is {e} under warranty?|What warranty does {e} have?", "The warranty of {e} is {v}"),
        _family("delivery time", days, "{E} is delivered within {v}.|Delivery of {e} takes {v}.|{E} arrives in {v}.",
                "How long does delivery of {e} take?|When will {e} arrive?|How fast is {e} delivered?", "Delivery of {e} takes {v}"),
        _family("opening time", _time, "{E} opens at {v}.|{E} opens its doors at {v}.", "When does {e} open?|At what time does {e} open?", "{E} opens at {v}"),
        _family("closing time", _time, "{E} closes at {v}.|{E} shuts at {v}.|{E} is open until {v}.",
                "When does {e} close?|Until when is {e} open?|At what time does {e} close?", "{E} closes at {v}"),
        _family("phone number", _phone, "You can call {e} on {v}.|{E} can be reached by phone at {v}.|Call {v} for {e}.",
                "How can I call {e}?|What number do I call for {e}?|What is the phone number of {e}?", "The phone number of {e} is {v}"),
        _family("e-mail address", email, "Write to {e} at {v}.|{E} answers mail sent to {v}.|E-mail {v} to reach {e}.",
                "What is the e-mail of {e}?|Where can I write to {e}?|How do I e-mail {e}?", "The e-mail address of {e} is {v}"),
        _family("address", place, "{E} is located at {v}.|You find {e} at {v}.|{E} is at {v}.",
                "Where is {e}?|Where can I find {e}?|Where is {e} located?", "{E} is at {v}"),
        _family("manager", person, "{E} is run by {v}.|{v} manages {e}.|{v} is in charge of {e}.|{v} leads {e}.",
                "Who runs {e}?|Who manages {e}?|Who is in charge of {e}?|Who leads {e}?", "{E} is managed by {v}"),
        _family("supplier", lambda rng: f"{words.name(rng, vocabulary)} {rng.choice(('Ltd', 'Works', 'Supply', 'Brothers', 'Trading'))}",
                "{E} is supplied by {v}.|We buy {e} from {v}.|{v} makes {e} for us.",
                "Who supplies {e}?|Who makes {e}?|Where do we buy {e}?", "{E} is supplied by {v}"),
        _family("colour", _choice(words.COLOURS), "{E} is {v}.|{E} comes in {v}.|{E} is sold in {v}.",
                "Which colour is {e}?|What colour does {e} come in?|What colour is {e}?", "{E} comes in {v}"),
        _family("material", _choice(words.MATERIALS), "{E} is made of {v}.|We make {e} from {v}.|{E} consists of {v}.",
                "What is {e} made of?|What material is {e} made from?", "{E} is made of {v}"),
        _family("capacity", _measure("litres", "people", "GB", "guests", "seats"), "{E} holds {v}.|{E} has room for {v}.|{E} fits {v}.",
                "How much does {e} hold?|How much fits into {e}?|How big is {e}?", "{E} holds {v}"),
        _family("battery life", _measure("hours", "minutes", "days"), "The battery of {e} lasts {v}.|{E} runs for {v} on one charge.",
                "How long does the battery of {e} last?|How long does {e} run on one charge?", "The battery of {e} lasts {v}"),
        _family("launch date", _date, "{E} was launched on {v}.|{E} started on {v}.|{E} has been on sale since {v}.",
                "When was {e} launched?|When did {e} start?|Since when is {e} on sale?", "{E} was launched on {v}"),
        _family("deadline", _date, "{E} must be handed in by {v}.|{E} is due on {v}.|The deadline for {e} is {v}.",
                "When is {e} due?|By when must {e} be handed in?|What is the deadline for {e}?", "{E} is due on {v}"),
        _family("discount", _percent, "{E} gets a discount of {v}.|There is {v} off {e}.|{E} is {v} cheaper this week.",
                "How much discount is there on {e}?|What discount does {e} get?|How much off is {e}?", "The discount on {e} is {v}"),
        _family("deposit", _money, "A deposit of {v} is taken for {e}.|{E} requires a deposit of {v}.|We hold {v} as a deposit for {e}.",
                "How much deposit is needed for {e}?|What is the deposit for {e}?", "The deposit for {e} is {v}"),
        _family("fee", _money, "We charge a fee of {v} for {e}.|There is a fee of {v} for {e}.|A fee of {v} applies to {e}.",
                "What fee applies to {e}?|How much is the fee for {e}?|What do you charge for {e}?", "The fee for {e} is {v}"),
        _family("return period", days, "{E} can be returned within {v}.|You have {v} to return {e}.|Return {e} within {v}.",
                "How long can I return {e}?|Within how many days can {e} be returned?|How many days do I have to return {e}?",
                "{E} can be returned within {v}"),
        _family("maximum number of participants", _number(3, 400), "At most {v} people can join {e}.|{E} is limited to {v} people.|{E} takes up to {v} people.",
                "How many people can join {e}?|What is the limit for {e}?", "At most {v} people can join {e}"),
        _family("minimum age", _number(3, 70), "You must be at least {v} years old for {e}.|{E} is for people aged {v} or older.",
                "How old must I be for {e}?|What is the minimum age for {e}?", "You must be at least {v} years old for {e}"),
        _family("article number", _code, "{E} has the article number {v}.|Order {e} under {v}.|{E} is listed as {v}.",
                "What is the article number of {e}?|Under which code do I order {e}?|Which code does {e} have?", "The article number of {e} is {v}"),
        _family("version", _version, "{E} is now at version {v}.|The latest version of {e} is {v}.|{E} was updated to version {v}.",
                "Which version is {e} at?|What is the latest version of {e}?", "The version of {e} is {v}"),
        _family("duration", _duration, "{E} takes {v}.|{E} lasts {v}.|Plan {v} for {e}.",
                "How long does {e} take?|How long does {e} last?|How long is {e}?", "{E} takes {v}"),
        _family("stock", _number(2, 900), "We have {v} pieces of {e} in stock.|There are {v} pieces of {e} left.",
                "How many pieces of {e} are in stock?|How many of {e} are left?", "There are {v} pieces of {e} in stock"),
        _family("allowance", _money, "{E} may spend {v} a day.|{E} gets an allowance of {v}.|We pay {e} up to {v}.",
                "How much may {e} spend?|What allowance does {e} get?", "The allowance of {e} is {v}"),
        _family("leave", _number(5, 45), "{E} gets {v} days of leave a year.|{E} is entitled to {v} days of leave.",
                "How many days of leave does {e} get?|How much leave does {e} have?", "{E} gets {v} days of leave"),
        _family("day", _choice(words.WEEKDAYS), "{E} takes place every {v}.|{E} meets on {v}.|We hold {e} on {v}.",
                "On which day is {e}?|When does {e} take place?|Which day is {e} held?", "{E} takes place on {v}"),
        _family("size", _measure("cm", "mm", "m", "inches"), "{E} measures {v}.|{E} is {v} long.|{E} is {v} wide.",
                "How large is {e}?|What does {e} measure?|How long is {e}?|How wide is {e}?", "{E} measures {v}"),
        _family("power", _measure("W", "kW", "watts"), "{E} draws {v}.|{E} delivers {v}.|{E} runs on {v}.",
                "How much power does {e} draw?|How strong is {e}?", "The power of {e} is {v}"),
    )  # fmt: skip


_FAMILIES = families(words.TRAINING)


# ---------------------------------------------------------------- drawing


def entity(rng: random.Random, world: World) -> str:
    """Return a new entity: a product, a place, a person's team, a plan, a numbered form or a plain service."""
    vocabulary = world.vocabulary
    made = words.name(rng, vocabulary)
    thing = rng.choice(vocabulary.things)
    if not world.held_out and rng.random() < 0.4:
        thing = words.odd_word(rng)
    kind = rng.randrange(12)
    if kind < 5:
        return rng.choice(
            (
                f"the {made} {thing}",
                f"the {made} {thing}",
                f"{made} {thing}",
                f"the {made} {rng.randint(2, 900)} {thing}",
            )
        )
    if kind == 5:
        return f"the {made}{rng.choice(vocabulary.cities)} {rng.choice(('store', 'branch', 'office', 'depot', 'library', 'museum'))}"
    if kind == 6:
        return f"the {rng.choice(vocabulary.modifiers)} {rng.choice(('plan', 'ticket', 'package', 'course', 'tour', 'pass', 'card'))}"
    if kind == 7:
        return f"the {rng.choice(vocabulary.modifiers)} {rng.choice(('team', 'desk', 'service', 'department', 'group'))}"
    if kind == 8:
        return f"{made} {rng.choice(('Labs', 'Project', 'Fund', 'Institute', 'Club', 'Garden'))}"
    if kind == 9:
        return f"{rng.choice(('form', 'model', 'order', 'line', 'unit'))} {_code(rng)}"
    if kind == 10:
        return rng.choice(("", "the ")) + made
    return (
        f"{rng.choice(words.FIRST_NAMES)} {made}"
        if rng.random() < 0.3
        else f"the {rng.choice(vocabulary.modifiers)} {thing}"
    )


def attribute(rng: random.Random, world: World) -> Attribute:
    """Return an attribute: one with phrasings of its own, or a made-up phrase with general ones."""
    vocabulary = world.vocabulary
    if not world.held_out and rng.random() < 0.4:
        return rng.choice(_FAMILIES)
    phrase = rng.choice(vocabulary.nouns)
    if rng.random() < 0.7:
        phrase = f"{rng.choice(vocabulary.modifiers)} {phrase}"
    if not world.held_out and rng.random() < 0.5:
        odd = words.odd_word(rng)
        phrase = rng.choice(
            (odd, f"{odd} {words.odd_word(rng)}", f"{odd} {phrase}", f"{phrase.split()[0]} {odd}")
        )
    made = _generic(phrase, any_value(vocabulary), world)
    if not world.held_out and rng.random() < 0.6:
        statements = tuple(free_statement(rng) for _ in range(2))
        return replace(made, statements=statements, questions=tuple(free_question(rng) for _ in range(3)))
    return made


def draw(rng: random.Random, world: World, about: str | None = None, of: Attribute | None = None) -> Fact:
    """Draw a fact, about a given entity or of a given attribute where these are named."""
    chosen = of or attribute(rng, world)
    return Fact(about or entity(rng, world), chosen, chosen.value(rng))
