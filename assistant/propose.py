"""Wordings that a model proposes, looked at as any text of a stranger is. Asked only where somebody wants it.

A proposal takes the place of the task's sentences alone: the rules of the form follow it as they are, so that none can be lost.
Knows nothing of which proposal is good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.engines.engine import Decoding, Engine
from assistant.instructions import BUILT_IN, USUAL, Own
from finetune.form import EMPTY
from finetune.layout import Message
from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic

MOST = 8
"""Proposals that may be asked for."""
_LONGEST, _WILD = 600, 0.9
_PROPOSED = "proposed-"  # what names of proposals begin with
_STRANGE = re.compile(r"<\||\|>|https?:|www\.|```|[\[{]\s*\d|[\x00-\x08\x0b-\x1f]")
_ASK = (
    "You improve the instructions of an assistant. Write the instruction below once more, in other words that an assistant would "
    "follow better. Keep its meaning. Write the new instruction alone, in at most three sentences."
)


def proposed(engine: Engine, served: str, count: int, path: Path) -> dict[str, Own]:
    """Return wordings that a model proposes, by name; what an earlier call proposed of the same is returned as it was.

    Args:
        engine: What writes them; with the adapter off.
        served: What tells the model apart from another: its address and name.
        count: How many are asked for, 1 to 8; what is unfit or said twice is left out.
        path: Where they are kept, with the model's name.

    Raises:
        UserError: The count is out of range, the model failed, or nothing that it wrote is fit.
    """
    if not 1 <= count <= MOST:
        raise UserError(f"--propose must be 1 to {MOST}, but is {count}.")
    task = BUILT_IN[USUAL](EMPTY, True).system
    key = sha256_text(f"{served}|{_ASK}|{task}|{count}")
    if (kept := _kept(path, key)) is not None:
        return kept
    told: list[Message] = [{"role": "system", "content": _ASK}, {"role": "user", "content": task}]
    written = []
    for seed in range(1, count + 1):
        made = engine.generate([told], False, Decoding(temperature=_WILD, seed=seed))[0]
        if made.failure is not None:
            raise UserError(f"No wording was proposed: {made.failure} Try it again, or leave --propose out.")
        written.append(made.text)
    fit = dict.fromkeys(text for text in map(_squeezed, written) if text != task and acceptable(text))
    if not fit:
        raise UserError(
            f"None of the {count} wordings that {engine.name} proposed is fit (one to three plain sentences). Write your own "
            "into instructions.toml, or leave --propose out."
        )
    found = {f"{_PROPOSED}{sha256_text(text)[:6]}": text for text in fit}
    write_json_atomic(path, {"key": key, "model": engine.name, "proposals": found})
    return {name: Own(text) for name, text in found.items()}


def acceptable(text: str) -> bool:
    """Whether a proposal is one that may be told to a model: plain sentences, without marks, addresses or citations."""
    return 20 <= len(text) <= _LONGEST and not _STRANGE.search(text)


def write_own(path: Path, name: str, own: Own) -> None:
    """Put a wording into `instructions.toml`, below what is there.

    Raises:
        UserError: It can't be written.
    """
    import tomlkit

    from foundation.files import read_text, write_text_atomic

    document = (
        tomlkit.parse(read_text(path, "the house's own instructions"))
        if path.is_file()
        else tomlkit.document()
    )
    section = tomlkit.table()
    section["text"] = own.text
    document[name] = section
    try:
        write_text_atomic(path, tomlkit.dumps(document))
    except OSError as error:
        raise UserError(
            f"{path}: the wording can't be written ({error.strerror}). Nothing was changed."
        ) from None


def drop_proposed(path: Path, goes: Callable[[str], bool]) -> list[str]:
    """Take wordings that a model proposed out of `instructions.toml`, and return their names; those of people stay.

    Args:
        path: The file; need not be there, and one that is no TOML is left.
        goes: Whether a wording goes, called with its texts.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from foundation.files import read_text, write_text_atomic

    try:
        document = tomlkit.parse(read_text(path, "the house's own instructions")) if path.is_file() else {}
    except TOMLKitError:
        return []
    found = [name for name, own in document.items() if name.startswith(_PROPOSED) and goes(str(own))]
    for name in found:
        del document[name]
    if isinstance(document, tomlkit.TOMLDocument) and found:
        write_text_atomic(path, tomlkit.dumps(document))
    return found


def _squeezed(text: str) -> str:
    return " ".join(text.split()).strip("\"'“” ")


def _kept(path: Path, key: str) -> dict[str, Own] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["key"] != key:
            return None
        texts: Sequence[tuple[str, str]] = [
            (str(name), str(text)) for name, text in told["proposals"].items()
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return {name: Own(text) for name, text in texts if acceptable(text)}
