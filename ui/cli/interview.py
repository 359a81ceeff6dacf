"""The questionnaire on a terminal: one question at a time, back and forth, until all is said or enough is.

Questions go to stderr, so that the recommendation alone is on stdout. Knows nothing of what an answer leads
to.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace

from advisor import Answers, Language, Question, questionnaire
from advisor.answers import Value
from foundation.errors import UserError
from ui.show import say, width

_HOW = {
    Language.EN: "Enter: don't know · b: back · q: that is all I know",
    Language.TR: "Enter: bilmiyorum · b: geri · q: bildiklerim bu kadar",
}
_SETTLED = {
    Language.EN: "No answer that is still open can change the rung: {rung}. q ends here; going on sharpens method, "
    "costs and risks.",
    Language.TR: "Açık kalan hiçbir yanıt basamağı değiştiremez: {rung}. q burada bitirir; sürdürmek yöntemi, "
    "maliyeti ve riskleri netleştirir.",
}
_EXAMPLE = {Language.EN: "For example", Language.TR: "Örneğin"}
_FROM_TO = {Language.EN: "a number of {unit}", Language.TR: "bir sayı ({unit})"}


def interview(lang: str, read: Callable[[str], str] | None = None) -> Answers:
    """Ask the questionnaire.

    Args:
        lang: `en` or `tr`.
        read: Reads a line after a prompt; None: from the terminal.

    Returns:
        What was answered; every question that was passed over is "don't know".
    """
    spoken, questions = Language(lang), questionnaire(lang)
    answers = Answers()
    before: list[int] = []  # questions that were asked, for the way back
    place = 0
    settled = False
    say(_HOW[spoken])
    while place < len(questions):
        question = questions[place]
        if not question.is_asked(answers):
            place += 1
            continue
        if not settled and answers.to_mapping():
            settled = _settled(answers, [one.id for one in questions[place:]], spoken)
        said = _ask(question, spoken, place, len(questions), answers, read or _read)
        if said == "q":
            break
        if said == "b":
            place = before.pop() if before else place
            continue
        answers = _with(answers, question, said)
        before.append(place)
        place += 1
    return answers


def _settled(answers: Answers, still_open: list[str], language: Language) -> bool:
    """Say so, once, where no question that is left can change the rung; return whether it was said."""
    from advisor.catalog import rung_name
    from advisor.questionnaire import relevant
    from advisor.settled import reachable

    rungs = reachable(relevant(answers), still_open)
    if len(rungs) > 1:
        return False
    say("\n" + textwrap.fill(_SETTLED[language].format(rung=rung_name(next(iter(rungs)), language)), width()))
    return True


def _read(prompt: str) -> str:
    import sys

    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt  # the terminal was closed
    return line


def _ask(
    question: Question, spoken: Language, place: int, total: int, answers: Answers, read: Callable[[str], str]
) -> str:
    """Show a question until the answer is one that it takes; return the answer as it was written."""
    say(f"\n{place + 1}/{total} · {question.topic}\n{textwrap.fill(question.text, width())}")
    say(textwrap.fill(question.help, width(), initial_indent="  ", subsequent_indent="  "))
    for option in question.options:
        say(f"    {option.value:14}{option.label}")
    if question.number is not None:
        say(f"    {_FROM_TO[spoken].format(unit=question.number.unit)}")
    say(f"  {_EXAMPLE[spoken]}: {question.example}")
    while True:
        said = read("> ").strip()
        if said in ("b", "q"):
            return said
        try:
            _with(answers, question, said)
        except UserError as error:
            say(f"  {error}")
        else:
            return said


def _with(answers: Answers, question: Question, said: str) -> Answers:
    """Return the answers with one more, checked against the others.

    Raises:
        UserError: It is no answer to this question, or contradicts another one.
    """
    value: Value | None = question.parse(said)
    return replace(answers, **{question.id: value})  # type: ignore[arg-type]
