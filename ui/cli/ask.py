"""The command `ask`: one question, streamed, with its citations.

Knows nothing of how the answer is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.library import hit_dict
from ui.cli.options import HERE, AsOfOption, GroupOption, JsonOption, WorkspaceOption, opened, viewer
from ui.progress import Progress
from ui.show import plain, say, seconds, show, show_json

if TYPE_CHECKING:
    from assistant.assistant import Reply
    from assistant.setup import Setup
    from assistant.workspace import Workspace


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    setup: Annotated[
        str | None,
        typer.Option(help="prompt, rag, lora or hybrid; without it, the most that has been built."),
    ] = None,
    group: GroupOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Ask one question; the answer streams, its citations follow."""
    from assistant.setup import Setup

    named = Setup.named(setup) if setup is not None else None
    house = opened(workspace)
    chosen, why = (named, "") if named else usual_setup(house)
    if why:
        say(f"Asking in the setup {chosen}: {why}.")
    with Progress() as progress:
        progress("Loading the model")
        from assistant.open import open_assistant

        assistant = open_assistant(house, chosen)
        if as_json:
            show_json(reply_dict(assistant.answer(question, (), chosen, viewer(group, as_of))))
            return ExitCode.OK
        for piece in assistant.stream_reply(question, (), chosen, viewer(group, as_of)):
            progress.pause()
            if isinstance(piece, str):
                show(piece, end="")
            else:
                show()
                show(reply_text(piece))
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
            {"number": one.number, "source": one.source, "label": one.label, "text": one.text}
            for one in reply.citations
        ],
        "hits": [hit_dict(hit) for hit in reply.hits],
        "timings": {stage: round(value, 4) for stage, value in reply.timings.items()},
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "finished": reply.finished,
        "abstained": reply.abstained,
        "removed": list(reply.removed),
    }


def reply_text(reply: Reply) -> str:
    """Return what follows an answer: its citations, and how long it took."""
    lines = [f"[{one.number}] {one.source} ({plain(one.label)})" for one in reply.citations]
    timings = reply.timings
    search, answer, total = (seconds(timings[stage]) for stage in ("retrieve", "generate", "total"))
    took = f"{total} (search {search}, answer {answer})"
    notes = (
        [] if reply.finished else ["the answer was cut off; `max_new_tokens` in rungwise.toml allows more"]
    )
    notes += [f"taken out: {', '.join(reply.removed)}"] if reply.removed else []
    return "\n".join([*lines, "; ".join([f"setup {reply.setup}, {took}", *notes])])
