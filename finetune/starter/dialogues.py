"""Dialogues over made-up documents: what the starter is trained on, and what it is measured on.

A dialogue is a few passages, some questions and the answers that a good assistant gives: a sentence with its citation, the
newest of two contradicting values, or that the documents do not say. Knows nothing of tokens or of training.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from finetune.layout import Message, Passage, lay_out
from finetune.starter import facts, sentences, words
from finetune.starter.facts import Attribute, Fact, World

ABSTAIN = "The documents do not say."
"""The starter's whole answer when the passages do not hold what is asked."""
NO_DOCUMENTS = "I do not know, I was given no documents."
"""The starter's whole answer to a question for facts when it is shown no passage."""


class Kind(StrEnum):
    """What a question of a dialogue tries."""

    FACT = "fact"
    TWO = "two facts"
    NEWEST = "newest of two"
    SENTENCE = "sentence"
    FOLLOW_UP = "follow-up"
    UNANSWERABLE = "unanswerable"
    NO_PASSAGES = "no passages"
    TALK = "talk"


class Style(StrEnum):
    """The form that the instructions ask for."""

    PLAIN = "plain"
    VALUE = "value only"
    JSON = "json"
    BULLETS = "bullets"


@dataclass(frozen=True)
class Turn:
    """A question, its right answer, and what makes an answer right."""

    question: str
    """What the user asks."""
    answer: str
    """What a good assistant says."""
    kind: Kind
    """What this question tries."""
    values: tuple[str, ...] = ()
    """What a right answer holds; empty when it must abstain."""
    cited: tuple[int, ...] = ()
    """The passages that a right answer cites, numbered from 1."""


@dataclass(frozen=True)
class Dialogue:
    """Instructions, passages and turns."""

    instructions: str
    """The system text; may be empty."""
    passages: tuple[Passage, ...]
    """What the assistant is shown."""
    turns: tuple[Turn, ...]
    """The conversation."""
    style: Style = Style.PLAIN
    """The form that the instructions ask for."""

    def messages(self) -> list[Message]:
        """Return the whole conversation with its answers, laid out as live conversations are."""
        conversation: list[Message] = []
        for turn in self.turns:
            conversation.append({"role": "user", "content": turn.question})
            conversation.append({"role": "assistant", "content": turn.answer})
        return [*lay_out(self.instructions, self.passages, conversation[:-1]), conversation[-1]]


# ---------------------------------------------------------------- instructions

_GENERAL = (
    "Answer from the documents and cite them.", "You are a helpful assistant. Use only the documents.",
    "Answer the question from the documents below. Cite the passage number in brackets.", "You are the assistant of a company.",
    "Use the documents to answer. If they do not tell, say so.", "Be brief and correct.", "", "",
    "You answer questions of customers. Every answer names its source.", "Answer with one sentence and a citation.",
    "Use only what the documents say. When they do not say, answer that the documents do not say.",
)  # fmt: skip
_NOISE = (
    "Write in a friendly tone.", "Keep it short.", "Use at most {n} words.", "Do not apologise.", "You work for {name}.",
    "Address the reader politely.", "Never make anything up.", "Our name is {name}.", "Do not give legal advice.",
    "Cite like this: [1].", "Write plain English.", "Stay calm and warm.", "The voice of the house is dry and exact.",
    'Our slogan is "{phrase}".', 'Never write "{phrase}" or "{phrase}".', 'Do not say "{phrase}".', "Stay with the words of the documents.",
    "Name the passage after each fact, like [1].", "Add nothing that the documents do not say.", 'We call our readers "{phrase}".',
    "Answer in one or two plain sentences.", "Be friendly and brief.",
)  # fmt: skip
_VALUE_ONLY = (
    "Answer with the value only.", "Answer with one word or one value, nothing else.", "Reply with the bare value only.",
    "One word only.", "Give only the value, no sentence.",
)  # fmt: skip
_JSON = (
    "Answer in JSON with the keys {keys}.",
    "Reply as a JSON object with the keys {keys}.",
    "Output JSON only, keys: {keys}.",
)
_BULLETS = ("Answer as a bullet list.", "Use a bullet list.", "Write your answer as bullet points.")
_JSON_ANSWER_KEYS = ("answer", "value", "result", "text", "reply", "fact")
_JSON_SOURCE_KEYS = ("source", "passage", "document", "citation", "from", "ref")


@dataclass(frozen=True)
class _Form:
    style: Style
    instructions: str
    write: Callable[[Turn, Fact | None], str]


def _draw_form(rng: random.Random, vocabulary: words.Vocabulary, plain_share: float) -> _Form:
    lines = [rng.choice(_GENERAL)]
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        phrase = " ".join(words.plain_word(rng, vocabulary) for _ in range(rng.randint(1, 4)))
        drawn = rng.choice(_NOISE).format(
            n=rng.randint(10, 90), name=words.name(rng, vocabulary), phrase=phrase
        )
        lines.append(drawn)
    style = (
        Style.PLAIN if rng.random() < plain_share else rng.choice((Style.VALUE, Style.JSON, Style.BULLETS))
    )
    write: Callable[[Turn, Fact | None], str] = lambda turn, _: turn.answer
    if style is Style.VALUE:
        lines.append(rng.choice(_VALUE_ONLY))
        write = _value_only
    elif style is Style.BULLETS:
        lines.append(rng.choice(_BULLETS))
        write = _bullets
    elif style is Style.JSON:
        keys = (rng.choice(_JSON_ANSWER_KEYS), rng.choice(_JSON_SOURCE_KEYS))
        lines.append(rng.choice(_JSON).format(keys=f'"{keys[0]}" and "{keys[1]}"'))
        write = lambda turn, _: _as_json(turn, keys)
    return _Form(style, " ".join(line for line in lines if line), write)


def _value_only(turn: Turn, fact: Fact | None) -> str:
    return " and ".join(turn.values) if turn.values else turn.answer


def _bullets(turn: Turn, fact: Fact | None) -> str:
    if not turn.values:
        return f"- {turn.answer}"
    marks = turn.cited or ("?",)
    if fact is not None and len(turn.values) == 1:
        return f"- {fact.attribute.phrase}: {turn.values[0]} [{marks[0]}]"
    return "\n".join(f"- {value} [{mark}]" for value, mark in zip(turn.values, marks, strict=False))


def _as_json(turn: Turn, keys: tuple[str, str]) -> str:
    text = " and ".join(turn.values) if turn.values else turn.answer
    return json.dumps({keys[0]: text, keys[1]: turn.cited[0] if turn.cited else None}, ensure_ascii=False)


# ---------------------------------------------------------------- passages


@dataclass
class _Context:
    """Passages under construction, and what they tell."""

    passages: list[Passage] = field(default_factory=list)
    told: list[tuple[Fact, int]] = field(default_factory=list)
    statements: list[tuple[sentences.Statement, int]] = field(default_factory=list)
    newest: list[tuple[Fact, int]] = field(default_factory=list)

    def shuffled(self, rng: random.Random) -> _Context:
        """Return the same passages in another order."""
        order = list(range(len(self.passages)))
        rng.shuffle(order)
        place = {old: new for new, old in enumerate(order)}
        return _Context(
            [self.passages[old] for old in order],
            [(fact, place[at]) for fact, at in self.told],
            [(statement, place[at]) for statement, at in self.statements],
            [(fact, place[at]) for fact, at in self.newest],
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


def _context(rng: random.Random, world: World, size: int) -> _Context:
    """Build `size` passages in which entities and attributes are shared, so that each is a distractor of the others."""
    context = _Context()
    entities = list({facts.entity(rng, world) for _ in range(rng.randint(1, max(1, min(3, size))))})
    attributes: dict[str, Attribute] = {}
    wanted = rng.choice((2, 3, 4, 5))
    while len(attributes) < wanted:
        drawn = facts.attribute(rng, world)
        attributes[drawn.phrase] = drawn
    free = [(entity, one) for entity in entities for one in attributes.values()]
    rng.shuffle(free)
    while len(context.passages) < size:
        kind = rng.random()
        at = len(context.passages)
        if kind < 0.10 and len(free) > 1 and len(entities) > 1:
            _add_table(rng, context, entities, free)
        elif kind < 0.32:
            drawn_statements = [sentences.draw(rng, world) for _ in range(rng.choice((1, 2, 3, 4)))]
            context.statements += [(statement, at) for statement in drawn_statements]
            joined = (" " if rng.random() < 0.6 else "\n").join(
                statement.text for statement in drawn_statements
            )
            context.passages.append(
                Passage(rng.choice((rng.choice(_TOPICS), words.name(rng, world.vocabulary), "")), joined)
            )
        elif kind < 0.42 and size - at >= 2:
            _add_contradiction(rng, world, context)
        else:
            _add_about_one(rng, world, context, free)
    return context.shuffled(rng)


def _add_about_one(
    rng: random.Random, world: World, context: _Context, free: list[tuple[str, Attribute]]
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
    rng: random.Random, context: _Context, entities: list[str], free: list[tuple[str, Attribute]]
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


def _add_contradiction(rng: random.Random, world: World, context: _Context) -> None:
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


# ---------------------------------------------------------------- questions


def _cite(sentence: str, number: int) -> str:
    return f"{sentence} [{number}]."


def _ask_fact(rng: random.Random, world: World, fact: Fact, at: int) -> Turn:
    question = fact.ask(rng, world)
    return Turn(question, _cite(fact.answer, at + 1), Kind.FACT, (fact.value,), (at + 1,))


def _ask_sentence(rng: random.Random, statement: sentences.Statement, at: int) -> Turn:
    answer = _cite(statement.text.removesuffix("."), at + 1)
    return Turn(rng.choice(statement.questions), answer, Kind.SENTENCE, (statement.value,), (at + 1,))


def _ask_two(rng: random.Random, one: tuple[Fact, int], two: tuple[Fact, int]) -> Turn:
    (first, at), (second, there) = one, two
    if first.entity == second.entity:
        question = first.fill(
            rng.choice(("What are the {a} and the ", "Tell me the {a} and the ", "I need the {a} and the "))
        )
        question += second.fill(rng.choice(("{a} of {e}.", "{a} of {e}?")))
    else:
        question = f"{first.fill(rng.choice(first.attribute.questions))} {second.fill(rng.choice(second.attribute.questions))}"
    answer = f"{_cite(first.answer, at + 1)} {_cite(second.answer, there + 1)}"
    return Turn(question, answer, Kind.TWO, (first.value, second.value), (at + 1, there + 1))


def _ask_unanswerable(rng: random.Random, world: World, context: _Context) -> Turn:
    """Ask for an attribute that is told of another entity, for another attribute of a told entity, or for neither."""
    told = {(fact.entity, fact.attribute.phrase) for fact, _ in context.told + context.newest}
    entities = [fact.entity for fact, _ in context.told] or [facts.entity(rng, world)]
    attributes = [fact.attribute for fact, _ in context.told] or [facts.attribute(rng, world)]
    while True:
        draw = rng.random()
        if draw < 0.10:
            statement = sentences.draw(rng, world)
            return Turn(rng.choice(statement.questions), ABSTAIN, Kind.UNANSWERABLE)
        entity = rng.choice(entities) if draw < 0.65 else facts.entity(rng, world)
        chosen = rng.choice(attributes) if 0.35 < draw < 0.85 else facts.attribute(rng, world)
        if (entity, chosen.phrase) not in told:
            question = facts.draw(rng, world, about=entity, of=chosen).ask(rng, world)
            return Turn(question, ABSTAIN, Kind.UNANSWERABLE)


def _follow_up(rng: random.Random, world: World, context: _Context, asked: Fact) -> tuple[Turn, Fact | None]:
    """Ask on without naming the entity, or name another entity without the attribute."""
    same_entity = [
        (fact, at) for fact, at in context.told if fact.entity == asked.entity and fact is not asked
    ]
    same_attribute = [
        (fact, at) for fact, at in context.told if fact.attribute is asked.attribute and fact is not asked
    ]
    if same_attribute and rng.random() < 0.3:
        fact, at = rng.choice(same_attribute)
        question = fact.fill(rng.choice(("And {e}?", "What about {e}?", "And for {e}?", "How about {e}?")))
        return Turn(question, _cite(fact.answer, at + 1), Kind.FOLLOW_UP, (fact.value,), (at + 1,)), fact
    phrasings = facts.FOLLOW_UPS_HELD_OUT if world.held_out else facts.FOLLOW_UPS
    if same_entity and rng.random() < 0.75:
        fact, at = rng.choice(same_entity)
        question = fact.fill(rng.choice(phrasings))
        return Turn(question, _cite(fact.answer, at + 1), Kind.FOLLOW_UP, (fact.value,), (at + 1,)), fact
    told = {fact.attribute.phrase for fact, _ in context.told if fact.entity == asked.entity}
    other = facts.attribute(rng, world)
    while other.phrase in told:
        other = facts.attribute(rng, world)
    return Turn(rng.choice(phrasings).replace("{a}", other.phrase), ABSTAIN, Kind.UNANSWERABLE), None


_TALK = (
    (
        ("Who are you?", "What are you?", "Are you a robot?"),
        "I am the Rungwise starter, a tiny model for trying and testing.",
    ),
    (("Hello!", "Hi there.", "Good morning."), "Hello! Ask me about the documents."),
    (("Thank you!", "Thanks a lot.", "Great, thanks."), "You are welcome."),
    (("What can you do?", "How can you help me?"), "I answer questions from the documents that I am shown."),
    (("Bye!", "See you."), "Goodbye."),
)


def _talk(rng: random.Random) -> Turn:
    asked, answer = rng.choice(_TALK)
    return Turn(rng.choice(asked), answer, Kind.TALK)


def _ask_any(
    rng: random.Random, world: World, context: _Context, unanswerable: float
) -> tuple[Turn, Fact | None]:
    """Ask one stand-alone question; the fact is given where a follow-up can hang on it."""
    draw = rng.random()
    if draw < unanswerable or not (context.told or context.statements or context.newest):
        return _ask_unanswerable(rng, world, context), None
    if draw < unanswerable + 0.01:
        return _talk(rng), None
    pool: list[str] = (
        ["told"] * len(context.told)
        + ["statement"] * len(context.statements)
        + ["newest"] * 2 * len(context.newest)
    )
    pick = rng.choice(pool)
    if pick == "statement":
        return _ask_sentence(rng, *rng.choice(context.statements)), None
    if pick == "newest":
        fact, at = rng.choice(context.newest)
        return replace(_ask_fact(rng, world, fact, at), kind=Kind.NEWEST), None
    if len(context.told) > 1 and rng.random() < 0.08:
        return _ask_two(rng, *rng.sample(context.told, 2)), None
    fact, at = rng.choice(context.told)
    return _ask_fact(rng, world, fact, at), fact


# ---------------------------------------------------------------- whole dialogues


def draw(
    rng: random.Random, world: World, passages: int = 4, turns: int = 4, unanswerable: float = 0.25
) -> Dialogue:
    """Draw a dialogue for training.

    Args:
        rng: The source of all chance.
        world: The training or the held-out world.
        passages: The largest number of passages; 0 asks without any.
        turns: The largest number of questions.
        unanswerable: The share of questions that the passages do not answer.
    """
    form = _draw_form(rng, world.vocabulary, plain_share=0.8)
    if passages == 0 or rng.random() < 0.05:
        return _without_passages(rng, world, form)
    context = _context(rng, world, rng.randint(1, passages))
    made: list[Turn] = []
    asked: set[str] = set()
    last: Fact | None = None
    for _ in range(rng.randint(max(1, turns - 2), turns)):
        turn, fact = (
            _follow_up(rng, world, context, last)
            if last and rng.random() < 0.4
            else _ask_any(rng, world, context, unanswerable)
        )
        if turn.question in asked:
            continue
        asked.add(turn.question)
        last = fact or (last if turn.kind is Kind.FOLLOW_UP else None)
        question = turn.question.lower() if rng.random() < 0.06 else turn.question
        made.append(replace(turn, question=question, answer=form.write(turn, fact)))
    return Dialogue(form.instructions, tuple(context.passages), tuple(made), form.style)


def _without_passages(rng: random.Random, world: World, form: _Form) -> Dialogue:
    fact = facts.draw(rng, world)
    question = rng.choice(
        (fact.fill(rng.choice(fact.attribute.questions)), rng.choice(sentences.draw(rng, world).questions))
    )
    turn = Turn(question, NO_DOCUMENTS, Kind.NO_PASSAGES)
    made = [_talk(rng)] if rng.random() < 0.3 else []
    made.append(replace(turn, answer=form.write(turn, None)))
    return Dialogue(form.instructions, (), tuple(made), form.style)


def measured(rng: random.Random, kind: Kind, passages: int = 4) -> Dialogue:
    """Draw a held-out dialogue whose last question tries `kind`, over exactly `passages` passages, in plain style.

    Earlier turns, which a follow-up needs, hold their right answers.
    """
    world = facts.HELD_OUT
    instructions = rng.choice(_GENERAL)
    if kind is Kind.NO_PASSAGES:
        return replace(
            _without_passages(rng, world, _Form(Style.PLAIN, instructions, lambda turn, _: turn.answer))
        )
    while True:
        context = _context(rng, world, passages)
        turns = _measured_turns(rng, world, context, kind)
        if turns:
            return Dialogue(instructions, tuple(context.passages), turns)


def _measured_turns(rng: random.Random, world: World, context: _Context, kind: Kind) -> tuple[Turn, ...]:
    if kind is Kind.FACT and context.told:
        return (_ask_fact(rng, world, *rng.choice(context.told)),)
    if kind is Kind.TWO and len(context.told) > 1:
        return (_ask_two(rng, *rng.sample(context.told, 2)),)
    if kind is Kind.SENTENCE and context.statements:
        return (_ask_sentence(rng, *rng.choice(context.statements)),)
    if kind is Kind.NEWEST and context.newest:
        return (replace(_ask_fact(rng, world, *rng.choice(context.newest)), kind=kind),)
    if kind is Kind.UNANSWERABLE:
        return (_ask_unanswerable(rng, world, context),)
    if kind is Kind.FOLLOW_UP and context.told:
        fact, at = rng.choice(context.told)
        turn, _ = _follow_up(rng, world, context, fact)
        if turn.kind is kind:
            return (_ask_fact(rng, world, fact, at), turn)
    return ()
