"""A question that does not stand alone, completed from the conversation, so that it can be searched for.

Rules for English and Turkish decide whether a question hangs on what was said; only then are the names that it can be about put
before it, or, where none was said, the words of the question before. A model may do it instead, within bounds.
Knows nothing of libraries, or of which model that is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from finetune.layout import Message
from rag.words import is_small, lower

Turns = Sequence[Mapping[str, str]]

_WORD = re.compile(r"\w+(?:[-./'’]\w+)*")
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
_FURTHEST = 6  # questions back
_LONGEST_TOPIC = 24  # words
_LONGEST_REWRITE = 400  # letters
_REWRITE = (
    "Rewrite the user's last question so that it can be understood without the conversation: put the names in that it is about. "
    "Change nothing else. Answer with the question only."
)
_FEW = 2  # content words of a question that names nothing
_OPENERS = frozenset("and also but or then peki ya ve ayrıca".split())
_PHRASES = (
    "what about",
    "how about",
    "same for",
    "bir de",
    "the same",
    "the other",
    "the former",
    "the latter",
    "aynısı",
    "diğeri",
)
_TURKISH = frozenset(
    "o onu onun ona onda ondan onlar onları onların onlara bunu bunun buna bunda bundan bunlar bunların şunu şunun "
    "orada oranın orası oradaki kendisi kendisinin bu şu".split()
)
_PRONOUNS = frozenset("its they them their theirs he him his she her hers itself".split()) | _TURKISH - {
    "bu",
    "şu",
}
_POINTING = frozenset("this that these those bu şu".split())
_NOT_THINGS = frozenset(  # after "this": a time, not something that was spoken of
    "day week weekend month year time morning afternoon evening night monday tuesday wednesday thursday friday saturday sunday "
    "spring summer autumn winter season january february march april may june july august september october november december "
    "gün hafta ay yıl sabah akşam gece sefer kez".split()
)
_NOBODY = frozenset(  # after "it" or before it: the "it" of "is it possible", which stands for nothing
    "possible allowed necessary true ok okay permitted legal safe worth rain rains snow snows seems".split()
)
_BE = frozenset("is are was were be".split())


def complete(question: str, earlier: Turns) -> str:
    """Return a question as it can be searched for: itself where it stands alone.

    Args:
        question: The newest question.
        earlier: Turns before it, oldest first, each with `role` and `content`.
    """
    asked = [turn["content"] for turn in earlier if turn["role"] == "user"][-_FURTHEST:]
    if not asked or not hangs(question):
        return question
    whole = asked[0]
    for further in asked[1:]:  # a follow-up's own topic is that of the question it hangs on
        whole = f"{_topic(whole, '')} {further}" if hangs(further) else further
    said = next((turn["content"] for turn in reversed(earlier) if turn["role"] == "assistant"), "")
    topic = _topic(whole, said)
    return f"{topic} {question}" if topic else question


def rewritten(question: str, earlier: Turns, ask: Callable[[list[Message]], str]) -> str:
    """Return a question as a model completes it; a model is asked only where the question hangs on what was said.

    What a model gives that is no one-line question about the same is not used: then the rules complete it.

    Args:
        question: The newest question.
        earlier: Turns before it, oldest first.
        ask: Asks a model, and returns its answer.
    """
    ruled = complete(question, earlier)
    if ruled == question:
        return question
    turns = [f"{turn['role']}: {turn['content']}" for turn in earlier[-2 * _FURTHEST :]]
    told = "\n".join([*turns, f"user: {question}"])
    made = ask([Message(role="system", content=_REWRITE), Message(role="user", content=told)])
    line = " ".join(made.strip().strip("\"'").split())
    asked, known = _content(question), _content(ruled) | _content(told)
    fits = len(line) <= _LONGEST_REWRITE and "\n" not in made.strip() and asked <= _content(line) <= known
    return line if line and fits else ruled


def _content(text: str) -> set[str]:
    return {
        word for found in _WORD.findall(text) if not is_small(word := lower(found)) and word not in _PRONOUNS
    }


def hangs(question: str) -> bool:
    """Whether a question can't be understood without what was said before."""
    words = [lower(word) for word in _WORD.findall(question)]
    text = " ".join(words)
    if any(_points(words, place) for place in range(len(words))):
        return True
    if any(re.search(rf"\b{phrase}\b", text) for phrase in _PHRASES[2:]):
        return True
    if _names(question):
        return False
    opened = bool(words) and (words[0] in _OPENERS or text.startswith(_PHRASES[:2]))
    return opened or len([word for word in words if not is_small(word)]) <= _FEW


def points_at_nothing(question: str) -> str | None:
    """Return the language, `en` or `tr`, of a question that means nothing without one before it; None where it has a meaning.

    It must point at something, name nothing, and have at most two words of its own ("Can it be returned?").
    """
    said = _WORD.findall(question)
    words = [lower(word) for word in said]
    text = " ".join(words)
    pointing = [
        word
        for place, word in enumerate(words)
        if _points(words, place) and not (len(word) > 1 and said[place].isupper())  # "the IT helpdesk"
    ]
    phrases = [phrase for phrase in _PHRASES[2:] if re.search(rf"\b{phrase}\b", text)]
    own = _content(question) - set(pointing) - _POINTING - {"one", "ones"}
    if not (pointing or phrases) or _names(question) or len(own) > _FEW:
        return None
    turkish = {*_TURKISH, "bir", "de", "aynısı", "diğeri"}
    return "tr" if turkish & {*pointing, *" ".join(phrases).split()} else "en"


def _points(words: Sequence[str], place: int) -> bool:
    """Whether a word stands for something that was said before."""
    word = words[place]
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    if word in _PRONOUNS:
        return True
    if word == "it":
        # "how long does it take to …" and "is it possible to …" speak of nothing; "does it cost" does
        return after not in _NOBODY and not (
            after in ("take", "cost") and "to" in words[place + 2 : place + 4]
        )
    if word in ("one", "ones"):
        return place + 1 == len(words) and bool(before)
    if word == "there":
        return before not in _BE and after not in _BE
    if word in _POINTING:
        if after in _NOT_THINGS or re.fullmatch(r"(hafta|ay|yıl|gün)\w*", after):
            return False
        # "that" between clauses ("say that it is", "the tent that I bought") points at nothing
        return (
            word != "that"
            or not after
            or after in _BE
            or before in ("", "about", "of", "for", "with", "than", "does", "and")
        )
    return False


def _topic(question: str, answer: str) -> str:
    """Return what a question was about: the names in it and in its answer, else its content words."""
    names = list(dict.fromkeys([*_names(question), *_names(answer)]))
    if not names:
        names = [word for word in _WORD.findall(question) if not is_small(lower(word))]
    return " ".join(" ".join(names).split()[:_LONGEST_TOPIC])


def _names(text: str) -> list[str]:
    """Return names and codes, each with the word after it ("Fellmark stove", "FS-200"); no sentence's first word, no time."""
    found: list[str] = []
    for sentence in _SENTENCE.split(text):
        words = _WORD.findall(re.sub(r"\[\d+\]", "", sentence))
        place = 0
        while place < len(words):
            end = place
            while end < len(words) and _is_name(words, end):
                end += 1
            if end == place:
                place += 1
                continue
            if end < len(words) and words[end].isalpha() and not is_small(lower(words[end])):
                end += 1
            found.append(" ".join(words[place:end]))
            place = end
    return found


def _is_name(words: Sequence[str], place: int) -> bool:
    word, small = words[place], lower(words[place])
    if any(letter.isdigit() for letter in word):
        return any(letter.isalpha() for letter in word)
    if not word[:1].isupper() or is_small(small) or small.removesuffix("s") in _NOT_THINGS:
        return False
    if place == 0:  # every sentence begins with a capital
        return word.isupper() and len(word) > 1
    return not words[place - 1].isdigit()  # "49 EUR" is an amount
