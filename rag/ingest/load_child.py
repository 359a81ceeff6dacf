"""The process that reads untrusted files: bytes in on stdin, lines out on stdout, nothing else.

It opens no file and no socket of its own accord; a parser that hangs, crashes or eats memory takes only this
process with it. Started by `rag.ingest.load.Reader` as `python -m rag.ingest.load_child MEMORY_MB CHARACTERS`.

Protocol, both ways: a line of JSON. The request `{"suffix": ".pdf", "size": 123, "password": "", "properties": false}` is
followed by that many bytes; the answer is `{"blocks": [[kind, text, headings, page], …], "title": …, "hidden": …, "encoding": …,
"properties": […]}`, or `{"skipped": reason}` or `{"failed": reason}`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any, BinaryIO

from rag import formats
from rag.formats.outline import Unreadable
from rag.ingest.clean import one_line


def main(memory_megabytes: int, characters: int) -> None:
    """Answer requests until stdin ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a parser that prints must not break the protocol
    _limit_memory(memory_megabytes)
    while line := requests.readline():
        request = json.loads(line)
        _send(
            answers,
            answer(
                requests.read(request["size"]),
                request["suffix"],
                characters,
                request["password"],
                request["properties"],
            ),
        )


def answer(
    data: bytes, suffix: str, characters: int, password: str = "", properties: bool = False
) -> dict[str, Any]:
    """Read one file and return the answer to send; never raises for what is in the file."""
    try:
        outline = formats.read(data, suffix, password)
    except Unreadable as error:
        return {"skipped" if error.skip else "failed": str(error)}
    except (MemoryError, RecursionError) as error:
        return {
            "failed": f"reading it needs too much {'memory' if isinstance(error, MemoryError) else 'nesting'}"
        }
    except (
        Exception
    ) as error:  # parsers raise far more classes than their own; each is a reason, never a crash
        words = one_line(str(error))[:200]
        return {"failed": f"broken: {type(error).__name__}{': ' + words if words else ''}"}
    length = sum(len(block.text) for block in outline.blocks)
    if length > characters:
        return {"failed": f"it holds {length:,} characters of text; at most {characters:,} are read"}
    blocks = [[block.kind, block.text, block.headings, block.page] for block in outline.blocks]
    return {
        "blocks": blocks,
        "title": outline.title,
        "hidden": outline.hidden,
        "encoding": outline.encoding,
        "properties": _properties(data, suffix, password) if properties else [],
    }


def _properties(data: bytes, suffix: str, password: str) -> list[str]:
    from rag.formats.properties import properties

    return properties(data, suffix, password)


def _send(answers: BinaryIO, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value).encode("ascii") + b"\n")
    answers.flush()


def _limit_memory(megabytes: int) -> None:
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # no such limit on this system: the time limit remains
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(int(sys.argv[1]), int(sys.argv[2]))
