"""`python -m ui.server --workspace DIR --port N`: the process that serves. `rungwise app` and `rungwise serve` start it.

Knows nothing of how it is started, stopped or told of.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    """Serve until the process is told to end."""
    from ui import quiet

    quiet.settle()
    parser = argparse.ArgumentParser(prog="python -m ui.server")
    parser.add_argument("--workspace", type=Path, default=Path("."))
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--no-page", action="store_true")
    said = parser.parse_args()

    from ui.cli.options import opened

    house = opened(said.workspace)
    import uvicorn

    from ui.server.app import make

    if not said.no_page:
        from streamlit.web import bootstrap

        from ui.serve import options
        from ui.server import collecting

        collecting.begin()

        # what `streamlit run` does with its flags
        bootstrap.load_config_options(options(said.port, said.address, house.settings.serve.upload_megabytes))
    uvicorn.run(
        make(house.root, not said.no_page, said.address),
        host=said.address,
        port=said.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who asks is what the socket says; a proxy's word counts in `ui.access.door` alone
        ws_max_size=32 * 2**20,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
