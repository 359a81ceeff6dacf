"""How the page is served: its script, its address, its look, and what it must not tell a visitor.

Streamlit reads its configuration from the current folder; Rungwise runs in the user's, so everything is said
by the process that serves instead. Imports no streamlit.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"
"""What is listened on unless `[serve]` says otherwise: this machine only."""

_SERVER = {
    "server.address": ADDRESS,
    "browser.serverAddress": "localhost",
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableAgentApi": False,
    "server.scriptHealthCheckEnabled": False,
    "server.baseUrlPath": "",
    "server.maxUploadSize": 5,
    "server.maxMessageSize": 25,
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.showSidebarNavigation": False,
    "logger.hideWelcomeMessage": True,
}
"""Streamlit's defaults are all interfaces, stack traces for visitors, usage statistics and 200 MB uploads.

What is a good default is said too: a `.streamlit/config.toml` that lies in the current folder could say otherwise.
"""

_SHAPE = {
    "font": "sans-serif",
    "headingFont": "serif",
    "baseRadius": "0.5rem",
    "baseFontSize": 16,
    "headingFontWeights": [600, 600, 600],
    "headingFontSizes": ["2.25rem", "1.5rem", "1.2rem"],
    "showWidgetBorder": True,
}
_LIGHT = {
    "primaryColor": "#17695A",
    "backgroundColor": "#FCFBF8",
    "secondaryBackgroundColor": "#F3F1EB",
    "textColor": "#1E2522",
    "linkColor": "#17695A",
    "borderColor": "#DCD8CE",
    "codeBackgroundColor": "#F3F1EB",
    "codeTextColor": "#1E2522",
    "blueColor": "#4A7F8C",
    "blueBackgroundColor": "#E8EFEF",
    "blueTextColor": "#24515C",
}
_DARK = {
    "primaryColor": "#4FB79C",
    "backgroundColor": "#121716",
    "secondaryBackgroundColor": "#1B2221",
    "textColor": "#E7EAE6",
    "linkColor": "#6FCDB4",
    "borderColor": "#34403D",
    "codeBackgroundColor": "#1B2221",
    "codeTextColor": "#E7EAE6",
    "blueColor": "#6FA7B5",
    "blueBackgroundColor": "#1A2A2E",
    "blueTextColor": "#B3D3DA",
}


def app_path() -> Path:
    """Return the script that Streamlit runs."""
    return Path(__file__).resolve().parent / "app.py"


def options(port: int, address: str = ADDRESS, upload_megabytes: float = 5.0) -> dict[str, Any]:
    """Return Streamlit's configuration: no telemetry, no stack traces, small uploads, the house's theme.

    Args:
        port: The port to listen on.
        address: The address to listen on.
        upload_megabytes: The largest file that may be put in.
    """
    return {
        **_SERVER,
        "server.port": port,
        "server.address": address,
        "server.maxUploadSize": max(1, math.ceil(upload_megabytes)),
        **{f"theme.{name}": value for name, value in _SHAPE.items()},
        **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
        **{f"theme.dark.{name}": value for name, value in _DARK.items()},
    }


def flags(port: int) -> list[str]:
    """Return the configuration as flags of `streamlit run`.

    Args:
        port: The port to listen on.
    """
    return [
        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in options(port).items()
    ]
