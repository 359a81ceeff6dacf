"""What an answer tells that nothing before it told: numbers and names that a model could only learn by heart.

Knows nothing of meaning: a number in words is another text than its digits, and a name is a capitalised word in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from finetune.text import fold

_CITED = re.compile(r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,:/-]\d+)*(?: \d{3})*(?!\w)")
_SUFFIX = re.compile(r"['’][^\W\d_]+")
_NAME = re.compile(r"(?<=[\w,;:] )(?:[^\W\d_a-zà-öø-ÿ][\w'’]{2,})(?: [^\W\d_a-zà-öø-ÿ][\w'’]{2,})*")


def untold(answer: str, told: Iterable[str], usual: frozenset[str] = frozenset()) -> list[str]:
    """Return the numbers and names of an answer that none of some texts holds, in their order, each once.

    Args:
        answer: The answer, its opening and closing taken off.
        told: The question, the conversation, the passages: everything that the answer may take from.
        usual: Folded words that any answer may hold, such as the house's own name.
    """
    plain = _CITED.sub(" ", answer)
    known = " ".join(fold(text) for text in told)
    numbers = {_digits(found) for found in _NUMBER.findall(known)} | set(re.findall(r"\d+", known))
    words = set(re.findall(r"\w+", known))
    found = [
        number
        for number in _NUMBER.findall(plain)
        if not (_digits(number) in numbers or _made_of(number) <= numbers)
    ]
    for name in _NAME.findall(plain):
        new = [
            word
            for word in re.findall(r"\w+", fold(_SUFFIX.sub("", name)))
            if word not in words and word not in usual
        ]
        if new and len(new[0]) > 2:
            found.append(name)
    return list(dict.fromkeys(found))


def _digits(number: str) -> str:
    """Return a number's digits; `1,250.00` and `1250` are one, `12.5` and `125` are too."""
    return re.sub(r"\D", "", re.sub(r"[.,]0+$", "", number.strip()))


def _made_of(number: str) -> set[str]:
    """Return the numbers that a date, a time or a range is made of; of any other number, itself."""
    return set(re.split(r"[:/-]|(?<=\d)\.(?=\d+\.)", number))
