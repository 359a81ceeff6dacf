"""Both halves, served: the only place where the library and the adapter meet.

Importing `assistant` loads no model library: each name is fetched when it is first used. Knows nothing of pages or
comparisons.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.engines.chat_model import HouseChatModel
    from assistant.engines.shapes import Constraint, constraint
    from assistant.open import open_assistant, open_library, train_house
    from assistant.reply import Reply
    from assistant.rows import build_rows
    from assistant.setup import Prompting, Setup, Variant, variant
    from assistant.shots import Shots
    from assistant.workspace import Workspace, create, demo_source

_HOMES = {
    "Assistant": "assistant.assistant",
    "Constraint": "assistant.engines.shapes",
    "HouseChatModel": "assistant.engines.chat_model",
    "Prompting": "assistant.setup",
    "Reply": "assistant.reply",
    "Setup": "assistant.setup",
    "Shots": "assistant.shots",
    "Variant": "assistant.setup",
    "Workspace": "assistant.workspace",
    "build_rows": "assistant.rows",
    "constraint": "assistant.engines.shapes",
    "create": "assistant.workspace",
    "demo_source": "assistant.workspace",
    "open_assistant": "assistant.open",
    "open_library": "assistant.open",
    "train_house": "assistant.open",
    "variant": "assistant.setup",
}

__all__ = [
    "Assistant",
    "Constraint",
    "HouseChatModel",
    "Prompting",
    "Reply",
    "Setup",
    "Shots",
    "Variant",
    "Workspace",
    "build_rows",
    "constraint",
    "create",
    "demo_source",
    "open_assistant",
    "open_library",
    "train_house",
    "variant",
]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
