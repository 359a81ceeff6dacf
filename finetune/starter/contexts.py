"""Passages over made-up facts: prose, lists, tables, questions and answers, and two that contradict each other.

Passages of one context share entities and attributes, so that each is a distractor of the others. Knows nothing of
questions or answers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from finetune.layout import Passage
from finetune.starter import facts, sentences, words
from finetune.starter.facts import Attribute, Fact, World


@dataclass
class Context:
    """Passages under construction, and what they tell; places count from 0."""

    passages: list[Passage] = field(default_factory=list)
    """The passages."""
    told: list[tuple[Fact, int]] = field(default_factory=list)
    """Facts that are told once, with their passage's place."""
    statements: list[tuple[sentences.Statement, int]] = field(default_factory=list)
    """Whole sentences, with their passage's place."""
    newest: list[tuple[Fact, int]] = field(default_factory=list)
    """Facts that another, older passage contradicts, with the newer one's place."""
    unsaid: list[sentences.Statement] = field(default_factory=list)
    """Sentences that no passage holds, though one that differs in a word or two may."""

    def shuffled(self, rng: random.Random) -> Context:
        """Return the same passages in another order."""
        order = list(range(len(self.passages)))
        rng.shuffle(order)
        place = {old: new for new, old in enumerate(order)}
        return Context(
            [self.passages[old] for old in order],
            [(fact, place[at]) for fact, at in self.told],
            [(statement, place[at]) for statement, at in self.statements],
            [(fact, place[at]) for fact, at in self.newest],
            self.unsaid,
        )


_TOPICS = (
    "Price list", "Product sheet", "Opening hours", "Rules", "Handbook", "News", "Questions and answers", "Overview", "Terms",
    "Contacts", "Notice", "Details", "Guide", "Catalogue", "Policy", "Data sheet", "Staff handbook", "Calendar", "Changes",
)  # fmt: skip


def _title(rng: random.Random, entity: str) -> str:
    bare = entity.removeprefix("the ")
    bare = bare[:1].upper() + bare[1:]
    topic = rng.choice(_TOPICS)
    return rng.choice(
        (bare, bare, f"{topic} > {bare}", topic, f"{bare} > {topic}", f"{bare}: {topic.lower()}", "")
    )


def _state(rng: random.Random, fact: Fact, pronoun: bool) -> str:
    text = fact.fill(rng.choice(fact.attribute.statements))
    if pronoun and text.startswith(fact.entity[:1].upper() + fact.entity[1:] + " "):
        return "It " + text[len(fact.entity) + 1 :]
    return text


def _prose(rng: random.Random, told: list[Fact]) -> str:
    lines = [_state(rng, fact, pronoun=place > 0 and rng.random() < 0.3) for place, fact in enumerate(told)]
    return (" " if rng.random() < 0.7 else "\n").join(lines)


def _list(rng: random.Random, told: list[Fact]) -> str:
    mark = rng.choice(("- ", "- ", "* ", ""))
    return "\n".join(
        f"{mark}{fact.attribute.phrase[:1].upper()}{fact.attribute.phrase[1:]}: {fact.value}" for fact in told
    )


def _faq(rng: random.Random, told: list[Fact]) -> str:
    lines = []
    for fact in told:
        question = fact.fill(rng.choice(fact.attribute.questions))
        reply = rng.choice(
            (
                _state(rng, fact, pronoun=False),
                f"{fact.answer}.",
                f"{fact.value[:1].upper()}{fact.value[1:]}.",
            )
        )
        lines.append(f"Q: {question} A: {reply}" if rng.random() < 0.5 else f"{question}\n{reply}")
    return "\n".join(lines)


def _table(rng: random.Random, rows: list[list[Fact]]) -> str:
    head = rng.choice(("item", "name", "product", "entry"))
    style = rng.randrange(3)
    lines = []
    if style == 0:
        lines.append(f"| {head} | " + " | ".join(fact.attribute.phrase for fact in rows[0]) + " |")
    for row in rows:
        bare = row[0].entity.removeprefix("the ")
        if style == 0:
            lines.append(f"| {bare} | " + " | ".join(fact.value for fact in row) + " |")
        elif style == 1:
            lines.append(
                f"{head}: {bare}; " + "; ".join(f"{fact.attribute.phrase}: {fact.value}" for fact in row)
            )
        else:
            lines.append(f"{bare}: " + ", ".join(f"{fact.attribute.phrase} {fact.value}" for fact in row))
    return "\n".join(lines)


def build(rng: random.Random, world: World, size: int) -> Context:
    """Build `size` passages in which entities and attributes are shared, so that each is a distractor of the others."""
    context = Context()
    several = rng.randint(1, max(1, min(3, size)))
    entities = list(dict.fromkeys(facts.entity(rng, world) for _ in range(several)))
    attributes: dict[str, Attribute] = {}
    wanted = rng.choice((2, 3, 4, 5))
    while len(attributes) < wanted:
        drawn = facts.attribute(rng, world)
        attributes[drawn.phrase] = drawn
    free = [(entity, one) for entity in entities for one in attributes.values()]
    rng.shuffle(free)
    sayable = _sayable(rng, world, context)
    while len(context.passages) < size:
        kind = rng.random()
        at = len(context.passages)
        if kind < 0.10 and len(free) > 1 and len(entities) > 1:
            _add_table(rng, context, entities, free)
        elif kind < 0.36:
            drawn_statements = [
                sayable.pop() if sayable else sentences.draw(rng, world)
                for _ in range(rng.choice((1, 2, 3, 4, 5)))
            ]
            context.statements += [(statement, at) for statement in drawn_statements]
            joined = (" " if rng.random() < 0.6 else "\n").join(
                statement.text for statement in drawn_statements
            )
            context.passages.append(
                Passage(rng.choice((rng.choice(_TOPICS), words.name(rng, world.vocabulary), "")), joined)
            )
        elif kind < 0.45 and size - at >= 2:
            add_contradiction(rng, world, context)
        else:
            _add_about_one(rng, world, context, free)
    return context.shuffled(rng)


def _sayable(rng: random.Random, world: World, context: Context) -> list[sentences.Statement]:
    """Return sentences to tell, many alike, and keep one of each kind unsaid."""
    made: list[sentences.Statement] = []
    for _ in range(0 if world.held_out else rng.choice((1, 2, 3))):
        alike = sentences.siblings(rng, world, rng.choice((2, 2, 3, 4)))
        context.unsaid.append(alike.pop())
        made += alike
    rng.shuffle(made)
    return made


def _add_about_one(
    rng: random.Random, world: World, context: Context, free: list[tuple[str, Attribute]]
) -> None:
    entity = free[-1][0] if free else facts.entity(rng, world)
    mine = [pair for pair in free if pair[0] == entity][: rng.choice((1, 1, 2, 3, 4))]
    for pair in mine:
        free.remove(pair)
    told = [facts.draw(rng, world, about=entity, of=one) for _, one in mine] or [
        facts.draw(rng, world, about=entity)
    ]
    write = rng.choices((_prose, _list, _faq), weights=(6, 2, 2))[0]
    title = _title(rng, entity)
    if write is _list and entity.removeprefix("the ").lower() not in title.lower():
        title = entity.removeprefix("the ")
    context.told += [(fact, len(context.passages)) for fact in told]
    context.passages.append(Passage(title, write(rng, told)))


def _add_table(
    rng: random.Random, context: Context, entities: list[str], free: list[tuple[str, Attribute]]
) -> None:
    columns = list({one.phrase: one for _, one in free}.values())[: rng.choice((1, 2, 3))]
    rows = []
    for entity in entities:
        if all((entity, one) in free for one in columns):
            rows.append([Fact(entity, one, one.value(rng)) for one in columns])
            for one in columns:
                free.remove((entity, one))
    if rows:
        context.told += [(fact, len(context.passages)) for row in rows for fact in row]
        context.passages.append(Passage(rng.choice(_TOPICS), _table(rng, rows)))


def add_contradiction(rng: random.Random, world: World, context: Context) -> None:
    """Add two passages that state one fact with two values and two dates; the newer one is right."""
    fact = facts.draw(rng, world)
    other = replace(fact, value=fact.attribute.value(rng))
    if other.value == fact.value:
        return
    years = rng.sample(range(2016, 2031), 2)
    if rng.random() < 0.3:
        years[1] = years[0]
    old, new = sorted((year, rng.randint(1, 12), rng.randint(1, 28)) for year in years)
    if old == new:
        return
    iso = rng.random() < 0.4
    lead = rng.choice(
        ("Since {d}: ", "As of {d}: ", "Valid from {d}: ", "From {d}: ", "{d}: ", "Notice of {d}. ")
    )
    for when, one in ((old, other), (new, fact)):
        year, month, day = when
        date = f"{year}-{month:02d}-{day:02d}" if iso else f"{day} {words.MONTHS[month - 1]} {year}"
        text = lead.format(d=date) + _state(rng, one, pronoun=False)
        if rng.random() < 0.3:
            text += " " + _state(rng, facts.draw(rng, world, about=facts.entity(rng, world)), pronoun=False)
        if one is fact:
            context.newest.append((fact, len(context.passages)))
        context.passages.append(Passage(_title(rng, fact.entity), text))
