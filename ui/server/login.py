"""The form to sign in, as a page of plain HTML: no script, nothing fetched, light and dark, English and Turkish.

Checks that the form that comes back is one that was handed out to the same browser. Knows nothing of how passwords are kept.
"""

from __future__ import annotations

import html
import secrets
from pathlib import Path
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from advisor import Language
from ui.access import door
from ui.server.gate import SESSION
from ui.words import word

_FORM = "rungwise_form"
_STYLE = """
:root { color-scheme: light dark;
  --paper: #FCFBF8; --ink: #1E2522; --line: #DCD8CE; --green: #17695A; --on: #FFFFFF; --bad: #A32A2A; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #121716; --ink: #E7EAE6; --line: #34403D; --green: #4FB79C; --on: #0E1412; --bad: #F0A0A0; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 22rem; margin: 12vh auto 2rem; padding: 0 1.25rem; }
h1 { font: 600 1.9rem/1.2 Georgia, serif; margin: 0 0 .5rem; }
label { display: block; margin: 1rem 0 .25rem; }
input { width: 100%; box-sizing: border-box; padding: .6rem .7rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .5rem; }
input:focus-visible, button:focus-visible { outline: 3px solid var(--green); outline-offset: 2px; }
button { margin-top: 1.5rem; width: 100%; padding: .65rem; font: inherit; font-weight: 600;
  color: var(--on); background: var(--green); border: 0; border-radius: .5rem; cursor: pointer; }
[role=alert] { color: var(--bad); margin: 1rem 0 0; }
"""


def routes(root: Path) -> list[Route]:
    """Return the routes to sign in and out.

    Args:
        root: The workspace's folder.
    """

    async def form(request: Request) -> Response:
        if door.settings(root).login != "local":
            return RedirectResponse("/", 303)
        return _page(request, _secure(root, request), after=_safe(request.query_params.get("next", "/")))

    async def come_in(request: Request) -> Response:
        said = {
            name: values[0]
            for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
        }
        name, after = said.get("name", "").strip()[:64], _safe(said.get("next", "/"))
        handed = request.cookies.get(_FORM, "")
        if not handed or not secrets.compare_digest(handed.encode(), said.get("form", "").encode()):
            return _page(
                request, _secure(root, request), word("signin.stale", _language(request)), name, after, 403
            )
        client = door.client_of(root, request.client.host if request.client else "", request.headers)
        try:
            token = await anyio.to_thread.run_sync(door.sign_in, root, name, said.get("password", ""), client)
        except door.NotSignedIn as error:
            return _page(request, _secure(root, request), str(error), name, after, 401)
        response = RedirectResponse(after, 303)
        _set(response, SESSION, token, int(door.settings(root).session_hours * 3600), _secure(root, request))
        response.delete_cookie(_FORM)
        return response

    async def leave(request: Request) -> Response:
        await anyio.to_thread.run_sync(door.sign_out, root, request.cookies.get(SESSION))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(SESSION)
        return response

    return [
        Route("/login", form, methods=["GET"]),
        Route("/login", come_in, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
    ]


def _page(
    request: Request, secure: bool, wrong: str = "", name: str = "", after: str = "/", status: int = 200
) -> Response:
    language, token = _language(request), secrets.token_urlsafe(24)

    def say(key: str) -> str:
        return html.escape(word(f"signin.{key}", language))

    told = f'<p role="alert">{html.escape(wrong)}</p>' if wrong else ""
    response = HTMLResponse(
        f"""<!doctype html>
<html lang="{language.value}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("title")} · Rungwise</title><style>{_STYLE}</style></head>
<body><main><h1>{say("title")}</h1><p>{say("lead")}</p>{told}
<form method="post" action="/login">
<input type="hidden" name="form" value="{token}"><input type="hidden" name="next" value="{html.escape(after, quote=True)}">
<label for="name">{say("name")}</label>
<input id="name" name="name" value="{html.escape(name, quote=True)}" autocomplete="username" maxlength="64" required autofocus>
<label for="password">{say("password")}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required>
<button type="submit">{say("go")}</button>
</form></main></body></html>""",
        status,
    )
    _set(response, _FORM, token, 3600, secure)
    return response


def _set(response: Response, name: str, value: str, seconds: int, secure: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
    )


def _secure(root: Path, request: Request) -> bool:
    """Whether cookies may go back by TLS alone."""
    client = request.client.host if request.client else ""
    return door.by_https(root, client, request.url.scheme, request.headers)


def _safe(path: str) -> str:
    """Return a path of this server; the first page where it leads elsewhere."""
    fits = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and len(path) < 200
    )
    return path if fits else "/"


def _language(request: Request) -> Language:
    return Language.TR if request.headers.get("accept-language", "").lower().startswith("tr") else Language.EN
