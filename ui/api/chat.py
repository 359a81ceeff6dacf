"""`/v1/chat/completions`: a question in one of the four setups, answered whole or as it is made.

It translates. What an OpenAI client can ask and the house does not do is either refused by name (tools, several answers, another
form) or passed over and told (`rungwise.ignored`): the house's own
instructions, form and greedy decoding are what was measured. Knows nothing of keys.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from foundation.errors import UserError
from ui.access.permissions import Person, to_ask
from ui.api.asking import Answering, Left, check, pieces_of, who
from ui.api.errors import ApiError, of_bug, quoted
from ui.api.shapes import Answered, ChatAsked, ChatCompletion, Choice, Cited, Span, Told, Turn, Usage
from ui.tracing import joined

if TYPE_CHECKING:
    from assistant import Reply
    from assistant.reply import Citation
    from assistant.setup import Variant

LONGEST_QUESTION = 4_000
"""Letters of a question, as the assistant takes it."""
LONGEST_CONVERSATION = 64_000
"""Letters of all turns before it."""
_MOST_NAMED = 20
_GONE = 499
_PASSED_OVER = {
    "temperature": ("answers are decoded greedily, as they were measured", (0.0,)),
    "top_p": ("nothing is drawn", (1.0,)),
    "frequency_penalty": ("nothing is drawn", (0.0,)),
    "presence_penalty": ("nothing is drawn", (0.0,)),
    "seed": ("nothing is drawn", ()),
    "max_tokens": ("max_new_tokens of the workspace bounds every answer", ()),
    "max_completion_tokens": ("max_new_tokens of the workspace bounds every answer", ()),
}
"""What is taken and passed over: why, and at which values there is nothing to tell."""


@dataclass(frozen=True)
class Plan:
    """A request, understood."""

    name: str
    """The model as it was asked for."""
    setup: Variant
    """How it is answered."""
    question: str
    """What is asked."""
    earlier: tuple[dict[str, str], ...]
    """The turns before, oldest first."""
    ignored: tuple[str, ...]
    """What was passed over, as clauses."""


def setup_named(name: str) -> Variant:
    """Return the setup that a model's name stands for.

    Raises:
        ApiError: 404: there is none.
    """
    from assistant.setup import variant

    try:
        return variant(name)
    except (UserError, ValueError) as error:
        told = (
            str(error)
            if isinstance(error, UserError) and len(name) <= 60
            else f'There is no model "{quoted(name)}".'
        )
        raise ApiError(404, f"{told} /v1/models lists them.", "model", "model_not_found") from None


def planned(asked: ChatAsked) -> Plan:
    """Return what a request asks for.

    Raises:
        ApiError: It asks for something that the house does not do, or for too much.
    """
    setup = setup_named(asked.model)
    _refuse(asked)
    turns, ignored = [], list(_ignored(asked))
    for place, turn in enumerate(asked.messages):
        text = _text(turn, f"messages[{place}]")
        if turn.role in ("system", "developer"):
            if text.strip():
                ignored.append(f"messages[{place}] ({turn.role}): the house's own instructions stand")
            continue
        turns.append({"role": turn.role, "content": text})
    *earlier, last = turns or [{"role": "system", "content": ""}]
    where = f"messages[{len(asked.messages) - 1}]"
    if last["role"] != "user" or asked.messages[-1].role != "user":
        raise ApiError(400, "The last message must be the question, with the role user.", f"{where}.role")
    if not last["content"].strip():
        raise ApiError(400, "The question is empty. Write what you want to know.", f"{where}.content")
    _bound(len(last["content"]), LONGEST_QUESTION, "The question", f"{where}.content")
    _bound(
        sum(len(turn["content"]) for turn in earlier),
        LONGEST_CONVERSATION,
        "The conversation before it",
        "messages",
    )
    return Plan(asked.model, setup, last["content"], tuple(earlier), tuple(ignored[:_MOST_NAMED]))


def _bound(letters: int, most: int, what: str, param: str) -> None:
    if letters > most:
        raise ApiError(
            413,
            f"{what} has {letters:,} letters, but {most:,} are allowed.",
            param,
            "context_length_exceeded",
        )


def _text(turn: Turn, where: str) -> str:
    """Return what a message says."""
    if turn.role in ("tool", "function"):
        raise ApiError(
            400,
            f"Messages of the role {turn.role} are not taken: the assistant calls no tools.",
            f"{where}.role",
        )
    if turn.content is None:
        if turn.role == "assistant" and not getattr(turn, "tool_calls", None):
            return ""
        raise ApiError(400, "A message needs its content, a text.", f"{where}.content")
    if isinstance(turn.content, str):
        return turn.content
    for place, part in enumerate(turn.content):
        if part.type != "text" or part.text is None:
            raise ApiError(
                400,
                "Only pieces of the type text are taken: the assistant sees no images, hears nothing and opens no files.",
                f"{where}.content[{place}].type",
            )
    return "\n".join(part.text or "" for part in turn.content)


def _refuse(asked: ChatAsked) -> None:
    """Refuse, by name, what would change what an answer is.

    Raises:
        ApiError: 400.
    """
    form = "the form of answers is set in the workspace's form.yaml"
    refused = {
        "n": (asked.n not in (None, 1), "one answer is made to a question"),
        "tools": (asked.tools, "the assistant calls no tools"),
        "functions": (asked.functions, "the assistant calls no tools"),
        "tool_choice": (asked.tool_choice not in (None, "none", "auto"), "the assistant calls no tools"),
        "response_format": ((asked.response_format or {"type": "text"}).get("type") != "text", form),
        "stop": (asked.stop, form),
        "logprobs": (asked.logprobs, "probabilities are not told"),
        "top_logprobs": (asked.top_logprobs, "probabilities are not told"),
        "logit_bias": (asked.logit_bias, form),
        "modalities": (asked.modalities not in (None, [], ["text"]), "answers are text"),
        "audio": (asked.audio, "answers are text"),
        "stream_options": (
            asked.stream_options is not None and not asked.stream,
            "it needs stream to be true",
        ),
    }
    for name, (wrong, why) in refused.items():
        if wrong:
            raise ApiError(400, f"{name} can't be used so: {why}.", name, "unsupported_parameter")


def _ignored(asked: ChatAsked) -> Iterator[str]:
    for name, (why, silent) in _PASSED_OVER.items():
        value = getattr(asked, name)
        if value is not None and value not in silent:
            yield f"{name}: {why}"
    for name in asked.model_extra or {}:
        yield f"{quoted(name)[:60]}: not known here"


# telling


def told(reply: Reply, ignored: tuple[str, ...]) -> Told:
    """Return what the house tells of an answer beside OpenAI's fields."""
    return Told(
        setup=reply.variant or reply.setup.value,
        citations=[_cited(one) for one in reply.citations],
        abstained=reply.abstained,
        asked_back=reply.asked_back,
        unsupported=[reply.text[one.start : one.end] for one in reply.unsupported],
        removed=list(reply.removed),
        form_kept=reply.form.value,
        forgotten=reply.forgotten,
        timings={step: round(spent, 4) for step, spent in reply.timings.items()},
        base=Path(reply.model).name or reply.model,  # a folder's path is nobody's business
        adapter=reply.adapter,
        index=reply.index,
        ignored=list(ignored),
    )


def _cited(one: Citation) -> Cited:
    return Cited(
        number=one.number,
        source=one.source,
        label=one.label,
        since=one.since,
        text=one.text,
        spans=[Span(start=start, end=end) for start, end in one.spans],
        quote=" … ".join(one.text[start:end] for start, end in one.spans),
    )


def _usage(reply: Reply) -> Usage:
    return Usage(
        prompt_tokens=reply.tokens_in,
        completion_tokens=reply.tokens_out,
        total_tokens=reply.tokens_in + reply.tokens_out,
    )


def completion(reply: Reply, plan: Plan) -> ChatCompletion:
    """Return an answer in OpenAI's shape."""
    return ChatCompletion(
        id=_name(),
        created=int(time.time()),
        model=plan.name,
        choices=[
            Choice(message=Answered(content=reply.text), finish_reason="stop" if reply.finished else "length")
        ],
        usage=_usage(reply),
        rungwise=told(reply, plan.ignored),
    )


async def events(pieces: AsyncIterator[str | Reply], plan: Plan, usage: bool) -> AsyncIterator[bytes]:
    """Yield an answer as server-sent events: pieces, how it ended with what the house tells, its tokens, and the end.

    Args:
        pieces: What may be shown, then the whole reply.
        plan: What was asked.
        usage: Whether a last chunk counts the tokens.
    """
    head = {"id": _name(), "object": "chat.completion.chunk", "created": int(time.time()), "model": plan.name}
    none = {"usage": None} if usage else {}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice], **none, **more})

    try:
        yield chunk({"role": "assistant", "content": ""})
        async for piece in pieces:
            if isinstance(piece, str):
                yield chunk({"content": piece})
                continue
            finish = "stop" if piece.finished else "length"
            yield chunk({}, finish, rungwise=told(piece, plan.ignored).model_dump())
            if usage:
                yield _event({**head, "choices": [], "usage": _usage(piece).model_dump()})
        yield b"data: [DONE]\n\n"
    except Left:
        return
    except ApiError as error:
        yield _event(error.body())
    except Exception as error:  # the status is sent already: the sentence is all that can still be told
        yield _event(of_bug(error).body())


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"


def _name() -> str:
    return f"chatcmpl-{secrets.token_hex(12)}"


# serving


def router(root: Path) -> APIRouter:
    """Return the path.

    Args:
        root: The workspace's folder.
    """
    paths = APIRouter()

    @paths.post(
        "/v1/chat/completions",
        response_model=ChatCompletion,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
        summary="Answer a question",
    )
    async def complete(asked: ChatAsked, request: Request) -> Response:
        plan, person = planned(asked), who(request)
        await anyio.to_thread.run_sync(_may_ask, root, person, plan.setup)
        joined(request.headers)
        return await _answered(root, person, plan, asked, request)

    return paths


def _may_ask(root: Path, person: Person, setup: Variant) -> None:
    """Check that somebody may ask in a setup now.

    Raises:
        ApiError: 403: their role does not cover it. 429: they have to wait.
    """
    check(root, person, to_ask(setup), f"chat {setup}")


async def _answered(root: Path, person: Person, plan: Plan, asked: ChatAsked, request: Request) -> Response:
    answering = Answering(root, person, pieces_of(root, person, plan.question, plan.earlier, plan.setup))
    answering.watch(request)
    try:
        if not asked.stream:
            made = completion(await answering.reply(), plan)
            return Response(made.model_dump_json(), media_type="application/json")
        # the status waits for the first piece: until then it can still be told that there is no answer
        first = await answering.next()
    except Left:
        return Response(status_code=_GONE)
    except BaseException:
        answering.end()
        raise
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    return StreamingResponse(
        events(answering.rest(first), plan, usage),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
