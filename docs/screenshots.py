"""Pictures of every page, light, dark and narrow, for docs/images/.

`python docs/screenshots.py WORKSPACE` serves a copy of a built workspace and writes one picture of each page.
The sizes are always the same, and nothing that moves is drawn, so that two runs on one workspace differ only where the page does.
Knows nothing of what is on any page but for how a question is asked.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time as clock
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images"
PAGES = ("home", "advise", "documents", "examples", "train", "chat", "compare", "report", "monitor", "govern")
LOOKS = {
    "": ({"width": 1280, "height": 860}, "light"),
    "-dark": ({"width": 1280, "height": 860}, "dark"),
    "-360": ({"width": 360, "height": 740}, "light"),
}
"""What is appended to a picture's name: the viewport, and the colours that the reader's system asks for."""
QUESTION = "What is the price of the Fellmark stove?"
RUNNING = (
    "[data-testid=stApp]:not([data-test-script-state=notRunning]), [data-testid=stSpinner], [data-stale=true], "
    "[data-testid=stAppSkeleton], [data-testid=stSkeleton]"
)
"""What stands on a page that is not done yet."""
PATIENCE = 120_000  # ms
STEADY = 2.5  # s
COLOURS = 128  # of a picture's palette: pages are of few colours, and a palette is a third of the size
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }"


def main() -> int:
    """Write all pictures, or those of the pages that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "workspace",
        type=Path,
        help="a built and measured workspace, such as the demo's; a copy of it is served",
    )
    parser.add_argument("--pages", nargs="*", default=list(PAGES), choices=PAGES, help="only these")
    parser.add_argument("--chromium", help="the browser; without it, the one that is installed")
    parser.add_argument("--out", type=Path, default=OUT, help="where the pictures go")
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder) / told.workspace.resolve().name
        shutil.copytree(told.workspace, house)
        if "monitor" in told.pages:
            traffic(house)
        with served(house) as address, browser(told.chromium) as chromium:
            for name, picture in pictures(chromium, address, told.pages):
                path = told.out / f"{name}.png"
                path.write_bytes(smaller(picture))
                print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


def traffic(house: Path) -> None:
    """Write five weeks of made-up traces, in the last of which one question in four is new: the page's caption says so."""
    sys.path.insert(0, str(ROOT))
    from monitoring import traces

    draw = random.Random(7)
    today = datetime.now(UTC).date()
    for day in range(35, 0, -1):
        on = today - timedelta(days=day)
        late = day <= 7 + on.weekday()
        for number in range(draw.randint(30, 50)):
            fresh = late and draw.random() < 0.25
            when = datetime.combine(on, time(8), UTC) + timedelta(minutes=12 * number)
            ended = traces.Ended.ABSTAINED if fresh or draw.random() < 0.06 else traces.Ended.ANSWERED
            centre = 3.0 if fresh else 0.0
            took = draw.uniform(0.8, 1.6)
            traces.append(
                house / ".rungwise" / "traces",
                traces.Trace(
                    f"{day}-{number}", when.isoformat(), "hybrid", ended.value, f"q{day}{number}", conversation=f"c{day}{number}",
                    retrieved=True, scores=(draw.gauss(0.35 if fresh else 0.72, 0.06),), seconds=took, first=took / 3,
                    broken=("closing",) if draw.random() < 0.08 else (), tokens_in=480, tokens_out=30, carried=1,
                    chunks=("made-up",),
                    abstained_by="retrieval" if ended is traces.Ended.ABSTAINED else "", space="made-up",
                    sketch=tuple(round(draw.gauss(centre if place < 3 else 0.0, 1.0), 3) for place in range(16)),
                ),
            )  # fmt: skip


def pictures(chromium: Any, address: str, pages: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each page in each look: its name and the picture."""
    for ending, (viewport, scheme) in LOOKS.items():
        context = chromium.new_context(
            viewport=viewport, color_scheme=scheme, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        for name in pages:  # once for nothing: what a first visitor waits for is on no picture
            visit(page, address, name)
        for name in pages:
            visit(page, address, name)
            if name == "chat":
                ask(page)
            page.add_style_tag(content=STILL)
            page.mouse.move(0, 0)
            yield f"{name}{ending}", page.screenshot(full_page=False)
        context.close()


def visit(page: Any, address: str, name: str) -> None:
    """Open a page, and wait until it is whole."""
    page.goto(f"{address}/" if name == "home" else f"{address}/{name}")
    page.wait_for_load_state("networkidle")  # parts of Streamlit's own script come when they are first drawn
    settle(page)


def ask(page: Any) -> None:
    """Ask one question, and wait until the answer is whole."""
    box = page.get_by_test_id("stChatInputTextArea")
    if box.count() == 0:
        return  # the page says why nothing can be asked, and that is the picture
    box.fill(QUESTION)
    box.press("Enter")
    page.get_by_test_id("stChatMessage").nth(1).wait_for()
    settle(page)


def settle(page: Any) -> None:
    """Wait until the page has run and stays as it is for a moment."""
    page.get_by_test_id("stAppViewContainer").wait_for()
    end, before, since = clock.monotonic() + PATIENCE / 1000, "", clock.monotonic()
    while clock.monotonic() < end:
        running = page.locator(
            "[data-testid=stStatusWidget], [data-testid=stSpinner], [data-stale=true]"
        ).count()
        now = page.get_by_test_id("stAppViewContainer").inner_text()
        if running or now != before or not now.strip():
            before, since = now, clock.monotonic()
        elif clock.monotonic() - since > STEADY:
            return
        page.wait_for_timeout(200)
    raise TimeoutError(f"{page.url} does not come to rest")


def smaller(picture: bytes) -> bytes:
    """Return a PNG with a palette, which pages of few colours lose nothing by."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    told = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(told, "PNG", optimize=True)
    return min(told.getvalue(), picture, key=len)


@contextlib.contextmanager
def served(house: Path) -> Iterator[str]:
    """Serve a workspace on a free port of this machine; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        command(house, port), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as app:
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", app)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()


def command(house: Path, port: int) -> list[str]:
    """Return what starts the server."""
    if (ROOT / "ui" / "server" / "__main__.py").is_file():
        return [sys.executable, "-m", "ui.server", "--workspace", str(house), "--port", str(port)]
    sys.path.insert(0, str(ROOT))
    from ui.serve import app_path, flags

    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(app_path()),
        *flags(port),
        "--",
        "--workspace",
        str(house),
    ]


def _wait(address: str, app: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if app.poll() is not None:
            raise RuntimeError(f"the server ended with {app.returncode}")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(address, timeout=5):
            return
        clock.sleep(0.2)
    raise TimeoutError(f"nothing answers at {address}")


@contextlib.contextmanager
def browser(path: str | None) -> Iterator[Any]:
    """Start a Chromium that talks to nobody else."""
    from playwright.sync_api import sync_playwright

    found = path or next(
        (one for name in ("chromium", "chromium-browser", "google-chrome") if (one := shutil.which(name))),
        None,
    )
    if found is None:
        raise SystemExit(
            "No Chromium is installed. Install one (`apt-get install chromium`), or name it with --chromium."
        )
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=found, args=[*quiet, "--hide-scrollbars", "--force-color-profile=srgb"]
        )
        try:
            yield chromium
        finally:
            chromium.close()


if __name__ == "__main__":
    sys.exit(main())
