"""What MkDocs does with pages besides rendering them: the starter's model card is a page, and links out of docs/ find it.

Knows nothing of what any page says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
CARD = "finetune/starter/weights/README.md"


def on_files(files: Any, config: Any) -> Any:
    """Add the model card, which stands beside the weights that it is about."""
    text = (ROOT / CARD).read_text("utf-8")
    files.append(File.generated(config, "model-card.md", content=_inside(text)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let links to the model card go to its page."""
    up = "../" * page.file.src_uri.count("/")
    return re.sub(rf"\((?:\.\./)+{re.escape(CARD)}", f"({up}model-card.md", markdown)


def _inside(text: str) -> str:
    """Return the card as a page: its front matter off, its links out of docs/ as those of a page of it."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    return re.sub(r"\((?:\.\./)+docs/", "(", text)
