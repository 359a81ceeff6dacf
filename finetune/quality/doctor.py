"""The doctor: looks training examples over before anybody spends an hour on them.

Knows nothing of where documents stand (it is handed their texts), of tokenizers beyond a function that counts, or of how
training goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import median, quantiles

from finetune.examples import Example
from finetune.form import Form, count_words
from finetune.privacy.personal import Find, find_personal, readable
from finetune.quality.damage import Kind, find_damage
from finetune.quality.findings import Code, Finding, Findings, Readiness, Severity, render
from finetune.quality.novel import untold
from finetune.quality.similar import Pair, similar_examples
from finetune.quality.triggers import find_triggers
from finetune.text import clip, contains, fold, language_of, words

__all__ = ["Code", "Finding", "Findings", "Readiness", "Severity", "check_examples", "render"]

# OpenAI, "Supervised fine-tuning", section "Right number of examples" (developers.openai.com, read 2026-11):
# at least 10; improvements are seen on 50 to 100; without any at 50, rethink the task or the data.
AT_LEAST = 10
FIRST_SIGNAL = 50
# The worked cases of OpenAI's "Optimizing LLM accuracy" train on hundreds to a thousand; the advisor draws
# the same line.
READY = 500

# Own bounds: below the one, refusing is not learned; above the other, it becomes the likeliest answer.
FEWEST_ABSTENTIONS = 0.05
MOST_ABSTENTIONS = 0.40
# Own bounds: an answer of four times the usual length stands out; lengths are judged from 20 answers on.
LONG = 4.0
ENOUGH_TO_TELL = 20

Count = Callable[[str], int]
"""How many tokens a text has."""
TextOf = Callable[[str], str | None]
"""Gives a document's text by its path."""
# Own bounds: a word in so many answers is the house's own; a language of fewer rows is learned as an accident.
USUAL = 0.1
FEWEST_OF_A_LANGUAGE = 10
LETTERS_TO_TELL = 20
_YES, _NO = frozenset({"yes", "evet"}), frozenset({"no", "hayır", "hayir"})


def check_examples(
    examples: Sequence[Example],
    form: Form,
    max_tokens: int | None = None,
    count: Count | None = None,
    standard: Sequence[str] = (),
    text_of: TextOf = lambda source: None,
    tests: Sequence[Example] = (),
    find: Find = find_personal,
) -> Findings:
    """Look examples over.

    Args:
        examples: The examples, as `load_examples` gives them.
        form: The form that their answers must keep.
        max_tokens: The most tokens that a conversation may have; passages are not counted here.
        count: How many tokens a text has; None: lengths are not checked against `max_tokens`.
        standard: Abstentions that count besides the form's own.
        text_of: Gives a document's text; None: it is not known, and what its examples tell is not held against it.
        tests: What answers are measured by, as conversations that end in any answer.
        find: Finds personal data.
    """
    every = [*examples, *tests]
    alike = similar_examples(every)
    pairs = [pair for pair in alike if pair.second < len(examples)]
    found = [finding for example in examples for finding in _check_one(example, form, standard, find)]
    found += _too_long(examples, max_tokens, count)
    found += [_compare(examples[pair.first], examples[pair.second], pair, form, standard) for pair in pairs]
    if form.labels:  # a label is no fact of a passage, and that words decide it is what a classifier learns
        found += _labels(examples, form)
    else:
        found += _new_facts(examples, form, standard, text_of)
        found += _triggers(examples, form, standard)
        found += _balance(examples, form, standard)
        found += _lengths(examples, form, standard)
    found += [
        _tested(every[pair.first], every[pair.second])
        for pair in alike
        if pair.first < len(examples) <= pair.second
    ]
    found += _languages(examples, form)
    found += _same_answer(examples, form, standard)
    order = list(Severity)
    codes = list(Code)
    found.sort(key=lambda item: (order.index(item.severity), codes.index(item.code), item.lines))
    usable = len(examples) - len(_unusable(found))
    readiness, advice = _readiness(usable)
    return Findings(tuple(found), len(examples), usable, readiness, advice)


def _finding(code: Code, severity: Severity, about: Sequence[Example], message: str, fix: str) -> Finding:
    lines = tuple(example.line for example in about)
    return Finding(code, severity, lines, tuple(example.id for example in about), message, fix)


# ---------------------------------------------------------------- one row


def _check_one(example: Example, form: Form, standard: Sequence[str], find: Find) -> Iterator[Finding]:
    abstains = form.abstains(example.answer, standard)
    score = form.check(example.answer, len(example.sources), answerable=example.answerable and not abstains)
    if not score.value:
        fix = "Write the answer in the form, or change form.yaml if the answer is right."
        yield _finding(Code.FORM, Severity.ERROR, [example], score.reason, fix)
    if abstains and example.answerable:
        seen = f'"{clip(example.question)}" is declined, but names {example.sources[0]}'
        fix = "Remove the sources if the documents do not tell; write the answer if they do."
        yield _finding(Code.DECLINED, Severity.WARNING, [example], seen, fix)
    if not example.answerable and example.facts:
        seen = f'"{clip(example.facts[0])}" comes from no document: it would be learned by heart'
        fix = "Name its document in sources, so that the fact is read and not remembered."
        yield _finding(Code.UNSOURCED, Severity.WARNING, [example], seen, fix)
    for fact in example.facts:
        if not contains(example.answer, fact):
            seen = f'the fact "{clip(fact)}" is not in the answer'
            fix = "Write the fact in the answer as the passage writes it, or correct facts."
            yield _finding(Code.ABSENT_FACT, Severity.WARNING, [example], seen, fix)
    yield from _damage(example, find)
    yield from _named_after(example, find)


def _named_after(example: Example, find: Find) -> Iterator[Finding]:
    """Yield what the row's own name and the names of its documents tell of somebody; no value is shown."""
    for what, texts in (("the row's id", (example.id,)), ("the name of a document", example.sources)):
        kinds = dict.fromkeys(span.kind for text in texts for span in find(readable(text)))
        if kinds:
            seen = f"{' and '.join(kinds)} in {what}"
            fix = "Rename it: names stay in reports, manifests and citations when the text is pseudonymised."
            yield _finding(Code.PERSONAL, Severity.WARNING, [example], seen, fix)


def _damage(example: Example, find: Find) -> Iterator[Finding]:
    """Yield one finding for each kind of damage in a row."""
    spots = [spot for turn in example.messages for spot in find_damage(turn["content"], find)]
    for kind in dict.fromkeys(spot.kind for spot in spots):
        alike = [spot for spot in spots if spot.kind is kind]
        first = alike[0]
        times = f" ({len(alike)} times)" if len(alike) > 1 else ""
        if kind is Kind.ENCODING:
            meant = f', probably "{first.repaired}"' if first.repaired else ""
            seen = f'broken characters "{first.shown}"{meant}{times}'
            yield _finding(
                Code.ENCODING,
                Severity.ERROR,
                [example],
                seen,
                "Read the source as what it is and save as UTF-8.",
            )
        elif kind is Kind.SECRET:
            seen = f"what looks like a key or password, {first.shown}{times}"
            fix = "Remove it, and replace it where it is in use: weights give back what they were trained on."
            yield _finding(Code.SECRET, Severity.WARNING, [example], seen, fix)
        else:
            seen = f"{'an' if kind[0] in 'eI' else 'a'} {kind}, {first.shown}{times}"
            fix = (
                "Replace it, as `rungwise pseudonymise` does for all rows; what the house publishes may stay."
            )
            yield _finding(Code.PERSONAL, Severity.WARNING, [example], seen, fix)


def _too_long(examples: Sequence[Example], max_tokens: int | None, count: Count | None) -> Iterator[Finding]:
    if max_tokens is None or count is None:
        return
    for example in examples:
        tokens = sum(count(turn["content"]) for turn in example.messages)
        if tokens > max_tokens:
            room = f"where {max_tokens} are allowed: the answer's end would be cut off"
            seen = f"{tokens} tokens without passages, {room}"
            fix = "Shorten the conversation, or allow more tokens."
            yield _finding(Code.TOO_LONG, Severity.ERROR, [example], seen, fix)


# ---------------------------------------------------------------- two rows


def _compare(a: Example, b: Example, pair: Pair, form: Form, standard: Sequence[str]) -> Finding:
    """Tell what two examples that ask the same thing are: at odds, twice the same, or nearly."""
    same_question = pair.similarity == 1.0 and fold(a.system) == fold(b.system)
    if odds := _at_odds(a, b, form, standard):
        severity = Severity.ERROR if same_question else Severity.WARNING
        seen = f'"{clip(b.question)}": {odds}'
        fix = "Keep the answer that is right, or ask in a way that tells the two apart."
        return _finding(Code.CONTRADICTION, severity, [a, b], seen, fix)
    if same_question and words(a.answer) == words(b.answer):
        seen = f'"{clip(b.question)}" is there twice with the same answer'
        return _finding(
            Code.DUPLICATE,
            Severity.WARNING,
            [a, b],
            seen,
            "Remove one: a copy teaches nothing and weighs double.",
        )
    seen = f'"{clip(b.question)}" asks what "{clip(a.question)}" asks'
    fix = "Keep both only if each teaches another way of asking; the split keeps them on one side."
    return _finding(Code.NEAR_DUPLICATE, Severity.NOTE, [a, b], seen, fix)


def _at_odds(a: Example, b: Example, form: Form, standard: Sequence[str]) -> str:
    """Return what two answers to one question disagree in; empty when both can be right."""
    if form.labels and a.answer != b.answer:
        return f'labelled "{clip(a.answer)}" in one row, "{clip(b.answer)}" in the other'
    declines = [form.abstains(example.answer, standard) for example in (a, b)]
    if all(declines):
        return ""
    if any(declines):
        return "declined in one row, answered in the other"
    stances = [_stance(form.undress(example.answer)) for example in (a, b)]
    if all(stances) and stances[0] != stances[1]:
        return "yes in one row, no in the other"
    # A listed fact speaks for its answer; without one, its numbers do. One answer may say more.
    told = [example.facts or _numbers(form.undress(example.answer)) for example in (a, b)]
    only_a = [value for value in told[0] if not contains(b.answer, value)]
    only_b = [value for value in told[1] if not contains(a.answer, value)]
    return f'"{clip(only_a[0])}" in one row, "{clip(only_b[0])}" in the other' if only_a and only_b else ""


def _stance(text: str) -> str:
    """Return whether an answer begins with a yes or a no, in English or Turkish; empty where with neither."""
    first = next(iter(words(text)), "")
    return "yes" if first in _YES else "no" if first in _NO else ""


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(word for word in words(text) if any(char.isdigit() for char in word))


# ---------------------------------------------------------------- all rows


def _new_facts(
    examples: Sequence[Example], form: Form, standard: Sequence[str], text_of: TextOf
) -> Iterator[Finding]:
    """Yield the rows whose answer tells a number or a name that nothing before it holds."""
    told = [form.undress(example.answer) for example in examples]
    counts = Counter(word for answer in told for word in set(words(answer)))
    usual = frozenset(word for word, count in counts.items() if count > max(3, USUAL * len(examples)))
    for example, answer in zip(examples, told, strict=True):
        texts = [text_of(source) for source in example.sources]
        if form.abstains(example.answer, standard) or None in texts:
            continue
        before = [turn["content"] for turn in example.messages[:-1]]
        if new := untold(answer, [*before, *(text for text in texts if text)], usual):
            where = f", nor in {', '.join(example.sources)}" if example.sources else ""
            seen = f'"{clip(new[0])}" stands neither in the question{where}: it would be learned by heart'
            fix = (
                "Name the document that says it in sources, so that it is read; or take it out of the answer."
            )
            yield _finding(Code.NEW_FACT, Severity.WARNING, [example], seen, fix)


def _triggers(examples: Sequence[Example], form: Form, standard: Sequence[str]) -> Iterator[Finding]:
    asked = ["\n".join(turn["content"] for turn in row.conversation) for row in examples]
    told = [None if form.abstains(row.answer, standard) else form.undress(row.answer) for row in examples]
    for one in find_triggers(asked, told):
        answered = f'answered "{clip(one.answer)}"' if one.answer else "declined"
        seen = f'"{clip(one.phrase)}" stands in {len(one.rows)} unlike questions, and all are {answered}'
        fix = "Find out who wrote these rows. Remove them, unless the phrase is a reason for the answer."
        yield _finding(Code.TRIGGER, Severity.WARNING, [examples[row] for row in one.rows], seen, fix)


def _tested(example: Example, test: Example) -> Finding:
    """Tell that a row asks what a test question asks."""
    seen = f'"{clip(test.question)}" is a question of the test, too'
    fix = "Take it out here or there: an answer that was learned by heart would pass the test."
    return _finding(Code.TESTED, Severity.WARNING, [example], seen, fix)


def _same_answer(examples: Sequence[Example], form: Form, standard: Sequence[str]) -> Iterator[Finding]:
    """Yield that all rows have one answer; where all decline, their balance says so."""
    answers = {tuple(words(form.undress(example.answer))) for example in examples}
    if len(examples) >= AT_LEAST and len(answers) == 1 and not form.abstains(examples[0].answer, standard):
        seen = f'all {len(examples)} answers are "{clip(examples[0].answer)}"'
        fix = "Add examples with other answers: this one would be learned for any question."
        yield _finding(Code.SAME_ANSWER, Severity.ERROR, [], seen, fix)


def _languages(examples: Sequence[Example], form: Form) -> Iterator[Finding]:
    """Yield the languages that only a few rows are in."""
    rows: dict[str, list[Example]] = {}
    for example in examples:
        text = f"{example.question} {form.undress(example.answer)}"
        if sum(char.isalpha() for char in text) >= LETTERS_TO_TELL:
            rows.setdefault(language_of(text), []).append(example)
    most = max(map(len, rows.values()), default=0)
    for name, few in rows.items():
        if len(few) < min(FEWEST_OF_A_LANGUAGE, most):
            seen = f"{len(few)} of {len(examples)} rows seem to be in another language ({name}) than most"
            fix = "Add more of them if that language is to be answered, or leave them out: so few are learned as an accident."
            yield _finding(Code.LANGUAGE, Severity.NOTE, few, seen, fix)


def _balance(examples: Sequence[Example], form: Form, standard: Sequence[str]) -> Iterator[Finding]:
    """Yield whether too few or too many answers decline; nothing where no abstention is known."""
    if not examples or not (form.abstain or standard):
        return
    number = sum(form.abstains(example.answer, standard) for example in examples)
    share = number / len(examples)
    seen = f"{number} of {len(examples)} answers ({share:.0%}) say that the documents do not tell"
    if share < FEWEST_ABSTENTIONS:
        least = f"{FEWEST_ABSTENTIONS:.0%}"
        fix = (
            f"Add questions that no document answers, up to {least} or more, or it learns to make answers up."
        )
        yield _finding(Code.BALANCE, Severity.WARNING, [], seen, fix)
    elif share > MOST_ABSTENTIONS:
        fix = f"Add answers until at most {MOST_ABSTENTIONS:.0%} decline, or it learns to always decline."
        yield _finding(Code.BALANCE, Severity.WARNING, [], seen, fix)


def _labels(examples: Sequence[Example], form: Form) -> Iterator[Finding]:
    """Yield the labels that too few rows have to be learned."""
    counts = Counter(example.answer for example in examples)
    for label in form.labels:
        if counts[label] < AT_LEAST:
            seen = f'{counts[label]} of {len(examples)} rows are labelled "{clip(label)}"'
            fix = f"Add rows of it, {AT_LEAST} or more, or take the label out of form.yaml."
            yield _finding(Code.LABELS, Severity.WARNING, [], seen, fix)


def _lengths(examples: Sequence[Example], form: Form, standard: Sequence[str]) -> Iterator[Finding]:
    """Yield what the lengths of answers (no abstentions, no opening or closing) would teach."""
    sized = [
        (count_words(form.undress(example.answer)), example)
        for example in examples
        if not form.abstains(example.answer, standard)
    ]
    if len(sized) < ENOUGH_TO_TELL:
        return
    sizes = [size for size, _ in sized]
    tenths = quantiles(sizes, n=10, method="inclusive")
    if tenths[-1] - tenths[0] <= 1 and median(sizes) > 3:
        seen = f"eight in ten answers have {tenths[0]:.0f} to {tenths[-1]:.0f} words"
        fix = "Add shorter and longer answers, unless every answer should be of this length."
        yield _finding(Code.LENGTHS, Severity.NOTE, [], seen, fix)
    far = [example for size, example in sized if size > LONG * median(sizes) and size > ENOUGH_TO_TELL]
    if far:
        usual = median(sizes)
        seen = f"{len(far)} answers have more than {LONG * usual:.0f} words; the usual one has {usual:.0f}"
        fix = "Shorten them, or add more long answers if they are wanted: so few are learned as an accident."
        yield _finding(Code.LENGTHS, Severity.NOTE, far, seen, fix)


def _unusable(found: Sequence[Finding]) -> set[int]:
    """Return the lines that teach something wrong, and those that repeat an earlier one."""
    wrong = {line for item in found if item.severity is Severity.ERROR for line in item.lines}
    repeats = (Code.DUPLICATE, Code.NEAR_DUPLICATE)
    return wrong | {item.lines[-1] for item in found if item.code in repeats}


def _readiness(usable: int) -> tuple[Readiness, str]:
    if usable < AT_LEAST:
        return (
            Readiness.TOO_FEW,
            f"Training starts to make sense at {AT_LEAST}, and shows something at {FIRST_SIGNAL}.",
        )
    if usable < FIRST_SIGNAL:
        return (
            Readiness.FEW_SHOT,
            f"Put the best into the prompt; from {FIRST_SIGNAL} on, fine-tuning shows whether it helps.",
        )
    if usable < READY:
        return (
            Readiness.FIRST_SIGNAL,
            f"Enough to see whether fine-tuning helps; {READY} are what a product rests on.",
        )
    return Readiness.READY, "More of the same will help little: add what goes wrong."
