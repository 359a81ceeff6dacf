"""The command `ask`: one question, streamed, with its citations and what of them carries the answer.

Knows nothing of how the answer is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.library import hit_dict
from ui.cli.options import HERE, AsOfOption, GroupOption, JsonOption, WorkspaceOption, opened, viewer
from ui.conversations.held import declined, pieces, reason, summary, word
from ui.progress import Progress
from ui.show import clip, plain, say, seconds, show, show_json, show_marked

if TYPE_CHECKING:
    from assistant.reply import Reply
    from assistant.setup import Setup
    from assistant.workspace import Workspace
    from rag.attribution.support import Support


Line = list[tuple[str, bool]]
"""A line in pieces, each with whether it is marked."""
_QUOTED = 160
_AROUND = 60


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    setup: Annotated[
        str | None,
        typer.Option(
            help="prompt, rag, lora or hybrid, or a variant as rag+shots; without it, the most that has been built."
        ),
    ] = None,
    group: GroupOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Ask one question; the answer streams, its citations follow."""
    from assistant.setup import variant

    named = variant(setup) if setup is not None else None
    house = opened(workspace)
    chosen, why = (named, "") if named else usual_setup(house)
    if why:
        say(f"Asking in the setup {chosen}: {why}.")
    with Progress() as progress:
        progress("Loading the model")
        from assistant.open import open_assistant
        from monitoring.noting import Asking, noted

        assistant, who = open_assistant(house, chosen), viewer(group, as_of)
        asking = Asking(house, assistant.library, question, (), str(chosen))
        if as_json:
            pieces: Iterator[str | Reply] = (assistant.answer(question, (), chosen, who) for _ in (0,))
        else:
            pieces = assistant.stream_reply(question, (), chosen, who)
        for piece in noted(pieces, lambda: asking):
            progress.pause()
            if isinstance(piece, str):
                show(piece, end="")
            elif as_json:
                show_json(reply_dict(piece))
            else:
                show()
                for line in reply_lines(piece):
                    show_marked(line)
    return ExitCode.OK


def usual_setup(workspace: Workspace) -> tuple[Setup, str]:
    """Return the setup that is asked when none is named, and why it is that one."""
    from assistant.open import open_library
    from assistant.setup import Setup
    from finetune.registry import MANIFEST

    model = workspace.settings.model
    if model.adapter if model.endpoint else (workspace.adapter / MANIFEST).is_file():
        return Setup.HYBRID, "there is an adapter"
    with open_library(workspace) as library:
        if library.status().built:
            return Setup.RAG, "there is an index and no adapter yet (`rungwise train` makes one)"
    return Setup.PROMPT, "there is no index yet (`rungwise sync` makes one)"


def reply_dict(reply: Reply) -> dict[str, object]:
    """Return a reply as JSON values, as `reply.schema.json` says."""
    return {
        "text": reply.text,
        "setup": reply.setup.value,
        "citations": [
            {
                "number": one.number,
                "source": one.source,
                "label": one.label,
                "since": one.since,
                "text": one.text,
                "spans": [{"start": start, "end": end} for start, end in one.spans],
            }
            for one in reply.citations
        ],
        "hits": [hit_dict(hit) for hit in reply.hits],
        "timings": {stage: round(value, 4) for stage, value in reply.timings.items()},
        **_made(reply),
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "finished": reply.finished,
        "abstained": reply.abstained,
        "removed": list(reply.removed),
        "support": [support_dict(one, reply.text) for one in reply.support],
        "abstained_by": reply.abstained_by.value if reply.abstained_by else None,
        "answerability": None
        if reply.answerability is None
        else {
            "score": round(reply.answerability.score, 4),
            "threshold": round(reply.answerability.threshold, 4),
        },
    }


def _made(reply: Reply) -> dict[str, object]:
    """Return how a reply came about, as JSON values."""
    form = reply.form
    return {
        "variant": reply.variant,
        "form": {
            "kept": form.value,
            "reason": form.reason,
            "broken": [clause.value for clause in form.broken],
        },
        "asked_back": reply.asked_back,
        "repaired": reply.repaired,
        "forgotten": reply.forgotten,
        "steps": list(reply.steps),
        "model": reply.model,
        "adapter": reply.adapter,
        "index": reply.index,
    }


def support_dict(one: Support, text: str) -> dict[str, object]:
    """Return one sentence of an answer as JSON values."""
    return {
        "start": one.start,
        "end": one.end,
        "text": text[one.start : one.end],
        "verdict": one.verdict.value,
        "score": round(one.score, 4),
        "cited": list(one.cited),
        "evidence": [
            {"passage": each.passage, "start": each.start, "end": each.end, "score": round(each.score, 4)}
            for each in one.evidence
        ],
        "lack": one.lack.value if one.lack else None,
        "missing": list(one.missing),
        "elsewhere": one.elsewhere,
    }


def reply_lines(reply: Reply) -> list[Line]:
    """Return what follows an answer: its citations with what carries it, what nothing carries, how long it took."""
    lines: list[Line] = []
    for one in reply.citations:
        lines.append([(f"[{one.number}] {one.source} ({plain(one.label)})", False)])
        if one.spans:
            lines.append([("    ", False), *_excerpt(one.text, one.spans)])
    for sentence in reply.unsupported:
        said = clip(reply.text[sentence.start : sentence.end], _QUOTED)
        lines.append([(f'{word("unsupported")}: "{said}" ({reason(sentence)}).', False)])
    if reply.unsupported:
        lines.append([(summary(reply), False)])
    notes = (
        [] if reply.finished else ["the answer was cut off; `max_new_tokens` in rungwise.toml allows more"]
    )
    notes += [f"taken out: {', '.join(reply.removed)}"] if reply.removed else []
    notes += [f"the form is broken: {reply.form.reason}"] if not reply.form.value else []
    notes += ["written once more to keep the form"] if reply.repaired else []
    notes += [f"{reply.forgotten} earlier turns left out"] if reply.forgotten else []
    if said := declined(reply):
        lines.append([(said, False)])
    return [*lines, [("; ".join([f"setup {reply.variant or reply.setup}, {took(reply)}", *notes]), False)]]


def took(reply: Reply) -> str:
    """Return how long a reply took, as `1.2 s (search 0.1 s, reading 0.4 s, writing 0.7 s)`."""
    names = {
        "wait": "in line",
        "rewrite": "rewriting",
        "retrieve": "search",
        "prefill": "reading",
        "decode": "writing",
    }
    parts = [
        f"{names.get(step, step)} {seconds(spent)}"
        for step, spent in reply.timings.items()
        if step != "total"
    ]
    return f"{seconds(reply.timings['total'])} ({', '.join(parts)})"


def _excerpt(text: str, spans: Sequence[tuple[int, int]]) -> Line:
    """Return a passage on one line with its marked pieces, the rest shortened around them."""
    cut = [(" ".join(piece.split()), marked, piece) for piece, marked in pieces(text, spans)]
    line: Line = []
    for place, (flat, marked, piece) in enumerate(cut):
        if not marked and len(flat) > 2 * _AROUND:
            head = clip(flat, _AROUND).rstrip("…") if place > 0 else ""
            tail = flat[len(flat) - _AROUND :].split(" ", 1)[-1] if place + 1 < len(cut) else ""
            flat = f"{head} … {tail}".strip()
        before = " " if piece[:1].isspace() and line else ""
        after = " " if piece[-1:].isspace() and place + 1 < len(cut) else ""
        line += [(before, False), (flat, marked), (after, False)]
    return [part for part in line if part[0]]
