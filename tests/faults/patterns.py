"""Every regular expression of a package, found in its modules and their source, and texts that are made to be slow for it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

_WHOLE = ("match", "fullmatch")
_ASKED = ("search", "sub", "subn", "split", "findall", "finditer", *_WHOLE)
_OF_A_CLASS = {"digit": "1", "space": " ", "word": "a", "not_digit": "a", "not_space": "a", "not_word": "!"}


@dataclass(frozen=True)
class Asked:
    """A regular expression, and how it is asked."""

    where: str
    pattern: re.Pattern[str]
    how: str
    """`match`, `fullmatch`, or `search` for all that look at every place."""

    def __call__(self, text: str) -> None:
        """Ask it the way it is asked, to the end of a text."""
        if self.how == "search":
            for _ in self.pattern.finditer(text):
                pass
        else:
            getattr(self.pattern, self.how)(text)


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(each.name)


def expressions(*packages: ModuleType) -> list[Asked]:
    """Return what modules hold compiled, alone or in tables, and what their functions write in place."""
    every = [module for package in packages for module in modules(package)]
    trees = {module.__name__: ast.parse(inspect.getsource(module)) for module in every}
    uses = _uses(trees.values())
    found: dict[tuple[str, int, str], Asked] = {}

    def add(where: str, pattern: re.Pattern[Any], how: str) -> None:
        if isinstance(pattern.pattern, str):
            found.setdefault((pattern.pattern, pattern.flags, how), Asked(where, pattern, how))

    for module in every:
        for name, value in vars(module).items():
            for pattern in _held(value):
                for how in uses.get(name, {"search"}):
                    add(f"{module.__name__}.{name}", pattern, how)
        for line, text, flags, how in _in_place(trees[module.__name__]):
            add(f"{module.__name__}:{line}", re.compile(text, flags), how)
    return list(found.values())


def _held(value: object, depth: int = 2) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict | list | tuple | set | frozenset):
        for part in [*value, *(value.values() if isinstance(value, dict) else ())]:
            yield from _held(part, depth - 1)


def _how(method: str) -> str:
    return method if method in _WHOLE else "search"


def _uses(trees: Any) -> dict[str, set[str]]:
    """How each name of a compiled expression is asked; handed on as a value, it may be searched with."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        asked = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in _ASKED:
                name = getattr(node.value, "id", getattr(node.value, "attr", ""))
                found.setdefault(name, set()).add(_how(node.attr))
                asked.add(id(node.value))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in asked:
                found.setdefault(node.id, set()).add("search")
    return found


def _in_place(tree: ast.Module) -> Iterator[tuple[int, str, int, str]]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if getattr(node.func.value, "id", "") != "re" or node.func.attr not in _ASKED:
            continue
        if isinstance(node.args[0], ast.Constant):
            flags = [getattr(re, each.attr) for each in node.args[1:] if isinstance(each, ast.Attribute) and each.attr.isupper()]  # fmt: skip
            yield node.lineno, node.args[0].value, sum(flags), _how(node.func.attr)


def attacks(pattern: re.Pattern[str], letters: int = 100_000) -> Iterator[str]:
    """Yield texts of a length: what the expression repeats, after what it begins with or over and over, and no end to it.

    What is slow is a repetition that begins again at each of its own letters, or that two parts can share out among them.
    """
    made = list(_atoms(parser.parse(pattern.pattern, pattern.flags)))
    atoms, endless = [atom for atom, _ in made], [again for _, again in made]
    near = [place for place in range(1, len(atoms)) if endless[place - 1] or endless[place]]
    twos = [atoms[place - 1] + atoms[place] for place in near]
    runs = re.findall(r"[^\W\d_]{3,}", "".join(atoms)) if any(endless) else []
    parts = [*twos, *(f"{two} " for two in twos), *runs, *"a1 .", "a ", "a1", *atoms[:1], "".join(atoms[:3])]
    for part in dict.fromkeys(filter(None, parts)):
        yield (part * (letters // len(part))) + "\x00"
    for place in (place for place, again in enumerate(endless) if again and atoms[place]):
        before = "".join(atoms[:place])
        yield before + atoms[place] * letters + "\x00"
        yield (before or atoms[place]) * (letters // max(1, len(before)))


def _atoms(parsed: Any, endless: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield a letter for each place of an expression, all of its branches in their order, and whether it may come without end."""
    for kind, value in parsed:
        if kind in (kinds.LITERAL, kinds.NOT_LITERAL):
            yield (chr(value) if kind is kinds.LITERAL else "a"), endless
        elif kind is kinds.ANY:
            yield "a", endless
        elif kind is kinds.IN:
            yield _of_a_set(value), endless
        elif isinstance(value, tuple | list):
            again = endless or (str(kind).endswith("REPEAT") and value[1] > 50)
            for part in value[1] if kind is kinds.BRANCH else value:
                if isinstance(part, parser.SubPattern):
                    yield from _atoms(part, again)


def _of_a_set(parts: Any) -> str:
    if parts[0][0] is kinds.NEGATE:
        banned = re.compile("".join(["[", *map(_spelled, parts[1:]), "]"]))
        return next((one for one in "a1 .-!A/é" if not banned.match(one)), "")
    kind, value = parts[-1] if parts[-1][0] is kinds.CATEGORY else parts[0]
    if kind is kinds.CATEGORY:
        return _OF_A_CLASS[str(value).lower().removeprefix("category_")]
    return chr(value[0] if kind is kinds.RANGE else value)


def _spelled(part: Any) -> str:
    kind, value = part
    if kind is kinds.CATEGORY:
        name = str(value).lower().removeprefix("category_")
        letter = name.removeprefix("not_")[0]
        return f"\\{letter.upper() if name.startswith('not_') else letter}"
    if kind is kinds.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return re.escape(chr(value))


class Endless(Exception):
    """Raised where something does not end in its time."""


def ends(work: Callable[[], object], seconds: float = 1.0) -> bool:
    """Whether some work ends within seconds of this process's own time, so that a busy machine is not held against it."""

    def over(*_: object) -> None:
        raise Endless

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        work()
    except Endless:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return True
