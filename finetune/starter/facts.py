"""Facts of a made-up world: an entity, an attribute, a value, and how both are put into words.

A `Fact` can be stated in a sentence, in a table cell or in a list, asked for, and answered. Knows nothing of passages or
of dialogues.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from finetune.starter import phrasings, values, words
from finetune.starter.values import Draw
from finetune.starter.words import Vocabulary


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
            rng.choice(phrasings.LEADS)
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


def _generic(phrase: str, value: Draw, world: World) -> Attribute:
    if world.held_out:
        return Attribute(
            phrase,
            value,
            phrasings.STATEMENTS_HELD_OUT,
            phrasings.QUESTIONS_HELD_OUT,
            phrasings.GENERIC_ANSWER,
        )
    return Attribute(phrase, value, phrasings.STATEMENTS, phrasings.QUESTIONS, phrasings.GENERIC_ANSWER)


# ---------------------------------------------------------------- attributes that people phrase in their own way


def _family(phrase: str, value: Draw, statements: str, questions: str, answer: str) -> Attribute:
    """Build an attribute from `|`-separated templates; the generic phrasings are added to its own."""
    return Attribute(
        phrase,
        value,
        tuple(part.strip() for part in statements.split("|")) * 2 + phrasings.STATEMENTS[:4],
        tuple(part.strip() for part in questions.split("|")) * 2 + phrasings.QUESTIONS[:4],
        answer,
    )


def families(vocabulary: Vocabulary) -> tuple[Attribute, ...]:
    """Return the attributes with phrasings of their own; the held-out world uses none of them."""
    person, place, email = values.person(vocabulary), values.place(vocabulary), values.email(vocabulary)
    days = values.measure("days", "days", "working days", "weeks", "months")
    return (
        _family("price", values.money, "{E} costs {v}.|{E} is priced at {v}.|You pay {v} for {e}.|{E} sells for {v}.",
                "How much is {e}?|How much does {e} cost?|What does {e} cost?|What do I pay for {e}?", "{E} costs {v}"),
        _family("weight", values.measure("kg", "g", "grams", "kilos"), "{E} weighs {v}.|{E} has a weight of {v}.",
                "How heavy is {e}?|How much does {e} weigh?|What does {e} weigh?", "{E} weighs {v}"),
        _family("warranty", days, "{E} has a warranty of {v}.|{E} is covered by a warranty of {v}.|The warranty of {e} lasts {v}.",
                "How long is the warranty of {e}?|How long is {e} under warranty?|What warranty does {e} have?", "The warranty of {e} is {v}"),
        _family("delivery time", days, "{E} is delivered within {v}.|Delivery of {e} takes {v}.|{E} arrives in {v}.",
                "How long does delivery of {e} take?|When will {e} arrive?|How fast is {e} delivered?", "Delivery of {e} takes {v}"),
        _family("opening time", values.time, "{E} opens at {v}.|{E} opens its doors at {v}.", "When does {e} open?|At what time does {e} open?", "{E} opens at {v}"),
        _family("closing time", values.time, "{E} closes at {v}.|{E} shuts at {v}.|{E} is open until {v}.",
                "When does {e} close?|Until when is {e} open?|At what time does {e} close?", "{E} closes at {v}"),
        _family("phone number", values.phone, "You can call {e} on {v}.|{E} can be reached by phone at {v}.|Call {v} for {e}.",
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
        _family("colour", values.choice(words.COLOURS), "{E} is {v}.|{E} comes in {v}.|{E} is sold in {v}.",
                "Which colour is {e}?|What colour does {e} come in?|What colour is {e}?", "{E} comes in {v}"),
        _family("material", values.choice(words.MATERIALS), "{E} is made of {v}.|We make {e} from {v}.|{E} consists of {v}.",
                "What is {e} made of?|What material is {e} made from?", "{E} is made of {v}"),
        _family("capacity", values.measure("litres", "people", "GB", "guests", "seats"), "{E} holds {v}.|{E} has room for {v}.|{E} fits {v}.",
                "How much does {e} hold?|How much fits into {e}?|How big is {e}?", "{E} holds {v}"),
        _family("battery life", values.measure("hours", "minutes", "days"), "The battery of {e} lasts {v}.|{E} runs for {v} on one charge.",
                "How long does the battery of {e} last?|How long does {e} run on one charge?", "The battery of {e} lasts {v}"),
        _family("launch date", values.date, "{E} was launched on {v}.|{E} started on {v}.|{E} has been on sale since {v}.",
                "When was {e} launched?|When did {e} start?|Since when is {e} on sale?", "{E} was launched on {v}"),
        _family("deadline", values.date, "{E} must be handed in by {v}.|{E} is due on {v}.|The deadline for {e} is {v}.",
                "When is {e} due?|By when must {e} be handed in?|What is the deadline for {e}?", "{E} is due on {v}"),
        _family("discount", values.percent, "{E} gets a discount of {v}.|There is {v} off {e}.|{E} is {v} cheaper this week.",
                "How much discount is there on {e}?|What discount does {e} get?|How much off is {e}?", "The discount on {e} is {v}"),
        _family("deposit", values.money, "A deposit of {v} is taken for {e}.|{E} requires a deposit of {v}.|We hold {v} as a deposit for {e}.",
                "How much deposit is needed for {e}?|What is the deposit for {e}?", "The deposit for {e} is {v}"),
        _family("fee", values.money, "We charge a fee of {v} for {e}.|There is a fee of {v} for {e}.|A fee of {v} applies to {e}.",
                "What fee applies to {e}?|How much is the fee for {e}?|What do you charge for {e}?", "The fee for {e} is {v}"),
        _family("return period", days, "{E} can be returned within {v}.|You have {v} to return {e}.|Return {e} within {v}.",
                "How long can I return {e}?|Within how many days can {e} be returned?|How many days do I have to return {e}?",
                "{E} can be returned within {v}"),
        _family("maximum number of participants", values.number(3, 400), "At most {v} people can join {e}.|{E} is limited to {v} people.|{E} takes up to {v} people.",
                "How many people can join {e}?|What is the limit for {e}?", "At most {v} people can join {e}"),
        _family("minimum age", values.number(3, 70), "You must be at least {v} years old for {e}.|{E} is for people aged {v} or older.",
                "How old must I be for {e}?|What is the minimum age for {e}?", "You must be at least {v} years old for {e}"),
        _family("article number", values.code, "{E} has the article number {v}.|Order {e} under {v}.|{E} is listed as {v}.",
                "What is the article number of {e}?|Under which code do I order {e}?|Which code does {e} have?", "The article number of {e} is {v}"),
        _family("version", values.version, "{E} is now at version {v}.|The latest version of {e} is {v}.|{E} was updated to version {v}.",
                "Which version is {e} at?|What is the latest version of {e}?", "The version of {e} is {v}"),
        _family("duration", values.duration, "{E} takes {v}.|{E} lasts {v}.|Plan {v} for {e}.",
                "How long does {e} take?|How long does {e} last?|How long is {e}?", "{E} takes {v}"),
        _family("stock", values.number(2, 900), "We have {v} pieces of {e} in stock.|There are {v} pieces of {e} left.",
                "How many pieces of {e} are in stock?|How many of {e} are left?", "There are {v} pieces of {e} in stock"),
        _family("allowance", values.money, "{E} may spend {v} a day.|{E} gets an allowance of {v}.|We pay {e} up to {v}.",
                "How much may {e} spend?|What allowance does {e} get?", "The allowance of {e} is {v}"),
        _family("leave", values.number(5, 45), "{E} gets {v} days of leave a year.|{E} is entitled to {v} days of leave.",
                "How many days of leave does {e} get?|How much leave does {e} have?", "{E} gets {v} days of leave"),
        _family("day", values.choice(words.WEEKDAYS), "{E} takes place every {v}.|{E} meets on {v}.|We hold {e} on {v}.",
                "On which day is {e}?|When does {e} take place?|Which day is {e} held?", "{E} takes place on {v}"),
        _family("size", values.measure("cm", "mm", "m", "inches"), "{E} measures {v}.|{E} is {v} long.|{E} is {v} wide.",
                "How large is {e}?|What does {e} measure?|How long is {e}?|How wide is {e}?", "{E} measures {v}"),
        _family("power", values.measure("W", "kW", "watts"), "{E} draws {v}.|{E} delivers {v}.|{E} runs on {v}.",
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
        return f"{rng.choice(('form', 'model', 'order', 'line', 'unit'))} {values.code(rng)}"
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
    made = _generic(phrase, values.any_value(vocabulary), world)
    if not world.held_out and rng.random() < 0.6:
        statements = tuple(phrasings.free_statement(rng) for _ in range(2))
        return replace(
            made, statements=statements, questions=tuple(phrasings.free_question(rng) for _ in range(3))
        )
    return made


def draw(rng: random.Random, world: World, about: str | None = None, of: Attribute | None = None) -> Fact:
    """Draw a fact, about a given entity or of a given attribute where these are named."""
    chosen = of or attribute(rng, world)
    return Fact(about or entity(rng, world), chosen, chosen.value(rng))
