"""What a configuration file of Streamlit's, lying about in the current folder, can not talk the page into."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
HOSTILE = """
[server]
address = "0.0.0.0"
enableXsrfProtection = false
enableCORS = false
enableAgentApi = true
scriptHealthCheckEnabled = true
enableStaticServing = true
baseUrlPath = "elsewhere"
maxUploadSize = 2000
[client]
showErrorDetails = "full"
[browser]
gatherUsageStats = true
"""
LOADED = """
import json, sys
from streamlit import config
from streamlit.web import bootstrap
from ui.serve import options
said = options(8501)
bootstrap.load_config_options(said if sys.argv[1] == "ours" else {})
print(json.dumps({name: config.get_option(name) for name in said if not name.startswith("theme.")}))
"""


def loaded(folder: Path, whose: str) -> dict[str, object]:
    """Return the options that hold in a process that starts in a folder."""
    told = subprocess.run(
        [sys.executable, "-c", LOADED, whose], cwd=folder, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(REPOSITORY), "HOME": str(folder)},
    )  # fmt: skip
    return dict(json.loads(told.stdout.splitlines()[-1]))


@pytest.mark.fault(95, 97, 100)
def test_a_hostile_file_in_the_current_folder_opens_nothing(tmp_path: Path) -> None:
    from ui.serve import options

    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(HOSTILE, "utf-8")
    held, wanted = loaded(tmp_path, "ours"), options(8501)
    assert held == {name: wanted[name] for name in held}
    naive = loaded(tmp_path, "theirs")
    assert naive["server.enableAgentApi"] is True and naive["server.enableXsrfProtection"] is False
    assert naive["server.address"] == "0.0.0.0" and naive["client.showErrorDetails"] == "full"
