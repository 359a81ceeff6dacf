"""`python -m finetune.starter train|evaluate`: make the starter, or measure it.

Knows nothing of workspaces; the `rungwise` command does not need it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from finetune.starter import WEIGHTS
from foundation.errors import ExitCode, UserError


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.starter", description="Make or measure the starter."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train", help="train from nothing, or resume; then measure and write the model card"
    )
    train.add_argument("--preset", default="cpu", help="cpu, gpu or tiny")
    train.add_argument(
        "--work", type=Path, default=Path("starter-training"), help="folder of checkpoints and curve"
    )
    train.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the finished model")
    train.add_argument("--minutes", type=float, help="stop for now after this time; the same command resumes")
    train.add_argument("--tokens", type=int, help="train on another number of tokens than the preset's")
    train.add_argument("--optimizer", choices=["adamw", "muon"], help="another optimizer than the preset's")
    measure = commands.add_parser("evaluate", help="measure a starter on the held-out world")
    measure.add_argument("--model", type=Path, default=WEIGHTS, help="the model's folder")
    measure.add_argument("--n", type=int, default=300, help="dialogues a kind")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    chosen = _arguments().parse_args(arguments)
    from finetune.starter import commands  # torch is imported here, so that --help is quick

    try:
        if chosen.command == "train":
            commands.train(
                chosen.preset, chosen.work, chosen.out, chosen.minutes, chosen.tokens, chosen.optimizer
            )
        else:
            print(json.dumps(commands.evaluate(chosen.model, chosen.n), indent=2))
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from the last checkpoint.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
