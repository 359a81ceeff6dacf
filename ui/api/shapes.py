"""What clients send and get: OpenAI's chat completions, models and embeddings, as far as the house speaks them.

Knows what fits and what does not, and nothing of how anything is answered. Unknown fields are let through, as OpenAI's own
clients send new ones every month; `chat.py` says which were passed over.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_MESSAGES = 200
"""Messages of one request."""
MOST_TEXTS = 256
"""Texts of one request for embeddings."""


def _whole(text: str) -> str:
    """Refuse half a surrogate pair: JSON can say it, and no tokenizer takes it."""
    if text.encode("utf-8", "replace").decode() != text:
        raise ValueError("holds half a surrogate pair, which is no letter")
    return text


Text = Annotated[str, AfterValidator(_whole)]
"""A text that can be read and sent."""
Model = Annotated[Text, Field(min_length=1, max_length=200)]
"""A model's name."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False, protected_namespaces=())


class Part(_Asked):
    """A piece of a message."""

    type: str
    """`text`; others are refused."""
    text: Text | None = None
    """The piece."""


class Turn(_Asked):
    """One message of a conversation."""

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    """Who says it."""
    content: Text | list[Part] | None = None
    """What is said: a text, or pieces of the type `text`."""


class StreamOptions(_Asked):
    """How a stream is told."""

    include_usage: bool | None = None
    """Whether a last chunk counts the tokens."""


class ChatAsked(_Asked):
    """A question, with the conversation before it."""

    model: Model
    """`prompt`, `rag`, `lora` or `hybrid`, or a variant as `rag+shots`."""
    messages: list[Turn] = Field(min_length=1, max_length=MOST_MESSAGES)
    """The conversation; its last message is the question."""
    stream: bool | None = None
    """Whether the answer comes piece by piece."""
    stream_options: StreamOptions | None = None
    """How a stream is told."""
    n: int | None = None
    """Answers to a question: 1."""
    temperature: float | None = Field(None, ge=0, le=2)
    """Passed over: an answer is decoded as it was measured, the likeliest token each time."""
    top_p: float | None = Field(None, ge=0, le=1)
    """Passed over, as `temperature`."""
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    """Passed over, as `temperature`."""
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    """Passed over, as `temperature`."""
    seed: int | None = None
    """Passed over: nothing is drawn."""
    max_tokens: int | None = Field(None, ge=1)
    """Passed over: `max_new_tokens` of the workspace bounds every answer."""
    max_completion_tokens: int | None = Field(None, ge=1)
    """Passed over, as `max_tokens`."""
    stop: str | list[str] | None = None
    """Refused: where an answer ends is the form's."""
    response_format: dict[str, Any] | None = None
    """`{"type": "text"}`; others are refused, as the form of answers is the workspace's `form.yaml`."""
    tools: list[Any] | None = None
    """Refused: the assistant calls none."""
    functions: list[Any] | None = None
    """Refused, as `tools`."""
    tool_choice: str | dict[str, Any] | None = None
    """`none` or `auto`; others are refused."""
    logprobs: bool | None = None
    """Refused where true."""
    top_logprobs: int | None = None
    """Refused above 0."""
    logit_bias: dict[str, Any] | None = None
    """Refused where something is in it."""
    modalities: list[str] | None = None
    """`["text"]`; others are refused."""
    audio: dict[str, Any] | None = None
    """Refused."""


class Span(BaseModel):
    """A piece of a passage."""

    start: int
    """Where it starts, in letters."""
    end: int
    """Where it ends, exclusive."""


class Cited(BaseModel):
    """A passage that an answer names."""

    number: int
    """As it stands in the text in brackets, from 1."""
    source: str
    """The document."""
    label: str
    """Its title and headings."""
    since: str
    """Since when it holds, as YYYY-MM-DD."""
    text: str
    """The passage."""
    spans: list[Span]
    """What of it carries the answer."""
    quote: str
    """These pieces, in one text; empty where there are none."""


class Told(BaseModel):
    """What the house tells of an answer beside OpenAI's fields."""

    setup: str
    """How it was answered."""
    citations: list[Cited]
    """The passages that the text names."""
    abstained: bool
    """Whether it says that the documents don't tell."""
    asked_back: bool
    """Whether it asks what was meant."""
    unsupported: list[str]
    """Its sentences that no passage carries."""
    removed: list[str]
    """What the guard took out."""
    form_kept: bool
    """Whether the text keeps the house's form."""
    forgotten: int
    """Earlier messages that there was no room for."""
    timings: dict[str, float]
    """Seconds by step."""
    base: str
    """The base model."""
    adapter: str
    """The adapter; empty where it was off."""
    index: str
    """The generation of the index; empty where nothing was looked up."""
    ignored: list[str]
    """What of the request was passed over, as clauses."""


class Usage(BaseModel):
    """Tokens."""

    prompt_tokens: int
    """Read."""
    completion_tokens: int
    """Written."""
    total_tokens: int
    """Both."""


class Answered(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    """Who says it."""
    content: str
    """The answer, with citations as `[n]`."""
    refusal: None = None
    """Never set; an answer that declines says so in its text."""


class Choice(BaseModel):
    """One answer."""

    index: int = 0
    """0."""
    message: Answered
    """The answer."""
    finish_reason: Literal["stop", "length"]
    """Whether it ended by itself or was cut off."""
    logprobs: None = None
    """Never set."""


class ChatCompletion(BaseModel):
    """An answer."""

    id: str
    """Its name."""
    object: Literal["chat.completion"] = "chat.completion"
    """What this is."""
    created: int
    """When it was made, in seconds since 1970."""
    model: str
    """The model that was asked for."""
    choices: list[Choice]
    """One answer."""
    usage: Usage
    """Tokens."""
    rungwise: Told
    """What the house tells besides."""


class Ready(BaseModel):
    """What the house tells of a model beside OpenAI's fields."""

    kind: Literal["setup", "variant", "embedder"]
    """What it is."""
    retrieve: bool
    """Whether it answers from documents."""
    adapter: bool
    """Whether the house's adapter is on."""
    ready: bool
    """Whether what it needs has been built."""


class ModelCard(BaseModel):
    """A model."""

    id: str
    """What it is asked by."""
    object: Literal["model"] = "model"
    """What this is."""
    created: int
    """When the workspace was last set up, in seconds since 1970."""
    owned_by: Literal["rungwise"] = "rungwise"
    """Whose it is."""
    rungwise: Ready
    """What the house tells besides."""


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    """What this is."""
    data: list[ModelCard]
    """The models."""
