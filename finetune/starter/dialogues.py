"""Dialogues over made-up documents: what the starter is trained on, and what it is measured on.

A dialogue is a few passages, some questions and the answers that a good assistant gives: a sentence with its citation,
the newest of two contradicting values, or that the documents do not say. Knows nothing of tokens or of training.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from finetune.layout import Message, Passage, lay_out
from finetune.starter import contexts, facts, forms, phrasings, sentences
from finetune.starter.contexts import Context
from finetune.starter.facts import Fact, World
from finetune.starter.forms import Form
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS, Kind, Style, Turn


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


def _ask_unanswerable(rng: random.Random, world: World, context: Context) -> Turn:
    """Ask for an attribute that is told of another entity, for another attribute of a told entity, or for neither."""
    told = {(fact.entity, fact.attribute.phrase) for fact, _ in context.told + context.newest}
    entities = [fact.entity for fact, _ in context.told] or [facts.entity(rng, world)]
    attributes = [fact.attribute for fact, _ in context.told] or [facts.attribute(rng, world)]
    while True:
        draw = rng.random()
        if draw < 0.15:
            statement = rng.choice(context.unsaid) if context.unsaid else sentences.draw(rng, world)
            return Turn(rng.choice(statement.questions), ABSTAIN, Kind.UNANSWERABLE)
        entity = rng.choice(entities) if draw < 0.65 else facts.entity(rng, world)
        chosen = rng.choice(attributes) if 0.35 < draw < 0.85 else facts.attribute(rng, world)
        if (entity, chosen.phrase) not in told:
            question = facts.draw(rng, world, about=entity, of=chosen).ask(rng, world)
            return Turn(question, ABSTAIN, Kind.UNANSWERABLE)


def _follow_up(rng: random.Random, world: World, context: Context, asked: Fact) -> tuple[Turn, Fact | None]:
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
    ways: tuple[str, ...] = phrasings.FOLLOW_UPS_HELD_OUT if world.held_out else phrasings.FOLLOW_UPS
    if not world.held_out and rng.random() < 0.6:
        ways = (phrasings.free_follow_up(rng),)
    if same_entity and rng.random() < 0.75:
        fact, at = rng.choice(same_entity)
        question = fact.fill(rng.choice(ways))
        return Turn(question, _cite(fact.answer, at + 1), Kind.FOLLOW_UP, (fact.value,), (at + 1,)), fact
    told = {fact.attribute.phrase for fact, _ in context.told if fact.entity == asked.entity}
    other = facts.attribute(rng, world)
    while other.phrase in told:
        other = facts.attribute(rng, world)
    return Turn(rng.choice(ways).replace("{a}", other.phrase), ABSTAIN, Kind.UNANSWERABLE), None


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
    rng: random.Random, world: World, context: Context, unanswerable: float
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
    if len(context.told) > 1 and rng.random() < 0.10:
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
    form = forms.draw(rng, world.vocabulary, plain_share=0.8)
    if passages == 0 or rng.random() < 0.05:
        return _without_passages(rng, world, form)
    context = contexts.build(rng, world, max(rng.randint(1, passages), rng.randint(1, passages)))
    made: list[Turn] = []
    asked: set[str] = set()
    last: Fact | None = None
    for _ in range(rng.randint(max(1, turns - 4), turns)):
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


def _without_passages(rng: random.Random, world: World, form: Form) -> Dialogue:
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
    instructions = rng.choice(forms.GENERAL)
    if kind is Kind.NO_PASSAGES:
        return replace(
            _without_passages(rng, world, Form(Style.PLAIN, instructions, lambda turn, _: turn.answer))
        )
    while True:
        context = contexts.build(rng, world, passages)
        turns = _measured_turns(rng, world, context, kind)
        if turns:
            return Dialogue(instructions, tuple(context.passages), turns)


def _measured_turns(rng: random.Random, world: World, context: Context, kind: Kind) -> tuple[Turn, ...]:
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
