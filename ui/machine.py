"""The doctor's facts: what this machine can do, what the workspace has, which command makes what is missing.

Looks only: it opens no index and changes nothing. Knows nothing of how the facts are drawn beyond plain text.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.workspace import Workspace
from finetune import quantised, registry
from finetune.base import STARTER, load_base
from finetune.base import choose_precision as choose
from foundation.errors import UserError
from foundation.memory import total_and_free
from ui.access.permissions import Role
from ui.quiet import TELEMETRY
from ui.show import size

_ENCODERS = {"torch": "torch", "onnx": "ONNX Runtime", "int8": "ONNX Runtime in int8"}


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at."""

    name: str
    """What it is, in a word or two."""
    ok: bool
    """Whether nothing has to be done about it."""
    seen: str
    """What was seen."""
    fix: str = ""
    """What to do; empty when nothing has to be done."""


@dataclass(frozen=True)
class Facts:
    """Everything that was looked at."""

    machine: tuple[Fact, ...]
    """This machine."""
    workspace: tuple[Fact, ...]
    """The workspace; empty without one."""
    root: str | None
    """The workspace's folder."""


def version() -> str:
    """Return Rungwise's version; `unknown` in a checkout that was not installed."""
    try:
        return importlib.metadata.version("rungwise")
    except importlib.metadata.PackageNotFoundError:
        return "unknown (not installed)"


def look(workspace: Workspace | None) -> Facts:
    """Look at the machine, and at a workspace where there is one."""
    local = workspace is None or not workspace.settings.model.endpoint
    machine = (
        Fact(
            "rungwise",
            True,
            f"{version()}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        ),
        _cores(),
        _memory(),
        *((_dtype(),) if local else ()),
        _network(),
    )
    if workspace is None:
        none = "None here; make one with `rungwise init DIR`, or name one with --workspace."
        return Facts((*machine, Fact("workspace", False, "none", none)), (), None)
    asked = not workspace.unmoved  # else the library can't be
    found = (
        *_storage(workspace),
        _documents(workspace),
        *((_index(workspace), _embedder(workspace)) if asked else ()),
        _base(workspace),
        _adapter(workspace),
        *((_abstaining(workspace),) if asked else ()),
        _shape(workspace),
        _serving(workspace),
        *_files(workspace),
    )
    return Facts(machine, found, str(workspace.root))


def to_dict(facts: Facts) -> dict[str, Any]:
    """Return the facts as JSON values, as `doctor.schema.json` says."""
    rows = asdict(facts)
    return {**rows, "machine": list(rows["machine"]), "workspace": list(rows["workspace"])}


def to_text(facts: Facts) -> str:
    """Return the facts for a terminal, one a line, what to do below."""
    lines = ["This machine", *_lines(facts.machine)]
    if facts.root is not None:
        lines += ["", f"Workspace {facts.root}", *_lines(facts.workspace)]
    return "\n".join(lines)


def _lines(facts: tuple[Fact, ...]) -> list[str]:
    lines: list[str] = []
    for fact in facts:
        lines.append(f"  {'ok' if fact.ok else '--':4}{fact.name:12}{fact.seen}")
        if fact.fix:
            lines.append(f"{'':18}→ {fact.fix}")
    return lines


# ---------------------------------------------------------------- the machine


def _cores() -> Fact:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    every = os.cpu_count() or usable
    return Fact("cores", True, f"{usable}" if usable == every else f"{usable} of {every}")


def _memory() -> Fact:
    total, free = total_and_free()
    seen = f"{size(total)}, {size(free)} free"
    enough = free >= 2 * 1024**3
    return Fact(
        "memory", enough, seen, "" if enough else "Training the starter takes about 2 GB: close something."
    )


def _dtype() -> Fact:
    precision = choose()
    return Fact("numbers", True, f"{precision.name} on {precision.device}. {precision.reason}")


def _network() -> Fact:
    off = all(os.environ.get(name) == value for name, value in TELEMETRY.items())
    hub = (
        "the hub is never asked"
        if os.environ.get("HF_HUB_OFFLINE") == "1"
        else "the hub is asked for models that are not here"
    )
    return Fact("network", off, f"telemetry {'off' if off else 'not all off'}; {hub}")


# ---------------------------------------------------------------- the workspace


def _storage(workspace: Workspace) -> tuple[Fact, ...]:
    """Return whether the database that the settings name can be asked, and whether rows still stand in files."""
    where = workspace.settings.storage.database
    if where is None:
        return ()
    if left := workspace.unmoved:
        names = ", ".join(path.relative_to(workspace.root).as_posix() for path in left)
        fix = "Run `rungwise migrate`: until then nothing is read or written."
        return (Fact("storage", False, f"{where}, but in files still: {names}", fix),)
    try:
        with where.use("library"):
            return (Fact("storage", True, str(where)),)
    except UserError as error:
        return (Fact("storage", False, str(error), "Look at [storage] in rungwise.toml."),)


def _documents(workspace: Workspace) -> Fact:
    files = [
        path for path in workspace.documents.rglob("*") if path.is_file() and not path.name.startswith(".")
    ]
    return Fact(
        "documents",
        bool(files),
        f"{len(files)} files",
        "" if files else f"Put documents into {workspace.documents}.",
    )


def _index(workspace: Workspace) -> Fact:
    from assistant.open import open_library

    try:
        with open_library(workspace) as library:
            status, outdated = library.status(), library.outdated
    except UserError as error:
        return Fact("index", False, str(error), "Remove the folder and run `rungwise sync`.")
    if not status.built:
        return Fact("index", False, "not made yet", "Run `rungwise sync`.")
    held = f"{status.documents} documents, {status.chunks} chunks, {size(status.size_bytes)}"
    seen = f"{held}, synced {status.synced_at}"
    if status.problems:
        first = status.problems[0]
        return Fact(
            "index",
            False,
            f"{seen}; {len(status.problems)} not readable",
            f"{first.source}: {first.reason}. `rungwise sync` lists all.",
        )
    if outdated:
        fix = "Run `rungwise sync`: it rebuilds the index, and the old one answers until that is done."
        return Fact("index", False, f"{seen}; {outdated}", fix)
    return Fact("index", True, seen)


def _embedder(workspace: Workspace) -> Fact:
    """Return what computes the vectors, how fast it was here, and whether models can be converted."""
    from assistant.open import open_library
    from governance.weights import embedder_text, embedding
    from rag.embedding.converted import why_unwritable
    from rag.embedding.embed import SentenceEmbedder, adopt
    from rag.embedding.model_folder import PACKAGED

    settings = workspace.settings.retrieval
    if settings.embedder != PACKAGED and not Path(settings.embedder).expanduser().is_dir():
        return Fact("embedder", True, f"{settings.embedder}, from the hub or its cache (not looked at)")
    try:
        embedder = SentenceEmbedder(settings.embedder, settings.embedding_backend)
        with open_library(workspace) as library:
            adopt(embedder, library.recipe.rpartition(" ")[2])
    except UserError as error:
        return Fact(
            "embedder", False, str(error), "Look at `embedder` and `embedding_backend` under [retrieval]."
        )
    using, measured = embedder.encoders.using()
    rates = ", ".join(f"{name} {rate:.0f}" for name, rate in sorted(measured.rates.items()))
    seen = f"{settings.embedder} by {_ENCODERS[using]}" + (f"; texts a second: {rates}" if rates else "")
    if settings.embedding_backend != "torch" and (why := why_unwritable()):
        return Fact("embedder", False, seen, why)
    if name := embedding(workspace):
        return Fact("embedder", False, seen, embedder_text(name))
    return Fact("embedder", True, seen)


def _abstaining(workspace: Workspace) -> Fact:
    """Say whether questions are declined from retrieval alone, by which threshold, or why they can't be."""
    from assistant.gate import abstention
    from assistant.open import open_library
    from rag.retrieval.answerability import read_fit

    tune = "Run `rungwise tune-retrieval`: it fits the score on the dev questions."
    wanted, path = workspace.settings.retrieval.abstain, workspace.answerability
    try:
        with open_library(workspace) as library:
            fit = read_fit(path, library.recipe)
        shaped = abstention(workspace.form) is None
    except UserError as error:
        return Fact("abstaining", False, str(error), tune)
    if fit is None and path.is_file():
        old = "its score was fitted for other chunks or vectors and is not used"
        return Fact("abstaining", not wanted, f"{'on' if wanted else 'off'}, but {old}", tune)
    if fit is None:
        return Fact(
            "abstaining",
            not wanted,
            "on, but no score is fitted" if wanted else "off",
            tune if wanted else "",
        )
    seen = f"below {fit.threshold:.2f}, fitted on {fit.answerable} + {fit.unanswerable} questions"
    if not wanted:
        return Fact("abstaining", True, f"off; the fitted score would decline {seen}")
    if shaped:
        fix = "Write an `abstain` in form.yaml that fits its schema or pattern."
        return Fact(
            "abstaining",
            False,
            f"on, but not used: the form's abstention would break its own shape ({seen})",
            fix,
        )
    return Fact("abstaining", True, f"on, declines {seen}")


def _shape(workspace: Workspace) -> Fact:
    """Say what answers are held to while they are made, and what of the form is only checked afterwards."""
    from assistant.engines.shapes import constraint, unheld

    try:
        form = workspace.form
    except UserError as error:
        return Fact("shape", False, str(error), "Mend form.yaml.")
    held = constraint(form)
    if held is None:
        return Fact(
            "shape",
            True,
            "; ".join(["any text, which is checked against the form afterwards", *unheld(form)]),
        )
    if not workspace.settings.prompt.constrain:
        return Fact(
            "shape", True, f"the form's {held.kind.value} is only checked: constrain = false under [prompt]"
        )
    return Fact(
        "shape", True, "; ".join([f"answers are held to the form's {held.kind.value}", *unheld(form)])
    )


def _serving(workspace: Workspace) -> Fact:
    """Say who may come in, and where the page and the API are served; no name, no key."""
    from ui.access import keys, people

    serve = workspace.settings.serve
    try:
        known, opening = people.every(workspace.root), len(keys.every(workspace.root))
    except UserError as error:
        return Fact("serving", False, str(error), "Nobody signs in until it is mended.")
    inside = [one for one in known if not one.suspended]
    admins = sum(one.role is Role.ADMIN for one in inside)
    held = f"{opening} {'API key' if opening == 1 else 'API keys'}"
    if serve.login == "none" and not serve.at_home:
        fix = 'Set login = "local" under [serve]: that address is reached from elsewhere.'
        return Fact("serving", False, f"nobody signs in, at {serve.address}", fix)
    if serve.login == "none":
        return Fact("serving", True, f"nobody signs in, on this machine alone ({serve.address}); {held}")
    inviting = f"login {serve.login} at {serve.address}"
    seen = f"{inviting}: {len(inside)} may come in, {admins} of them admins; {held}"
    fix = "" if admins else "Run `rungwise users add NAME --role admin`."
    return Fact("serving", bool(admins), seen, fix)


def _base(workspace: Workspace) -> Fact:
    model = workspace.settings.model
    if model.endpoint:
        return Fact("base", True, f"{model.base} at {model.endpoint} (not asked)")
    if not _base_here(model.base):
        return Fact("base", True, f"{model.base}, from the hub or its cache (not loaded)")
    try:
        base = load_base(model.base)
    except UserError as error:
        return Fact("base", False, str(error), "Set `base` under [model] in rungwise.toml.")
    weights = base.model.num_parameters()  # as stored: in four bits two stand in one number
    note = "; for trying and testing, not for work" if quantised.stored(model.base)[0] == STARTER else ""
    return Fact(
        "base", True, f"{model.base}, {weights / 1e6:.1f} M weights, reads {base.window} tokens{note}"
    )


def _base_here(name: str) -> bool:
    found = quantised.stored(name)[0]
    return found == STARTER or Path(found).is_dir()


def _adapter(workspace: Workspace) -> Fact:
    model = workspace.settings.model
    if model.endpoint:
        served = model.adapter is not None
        fix = "" if served else "Name it as `adapter` under [model] in rungwise.toml, or use prompt and rag."
        return Fact("adapter", served, f"{model.adapter} at the endpoint" if served else "none is named", fix)
    try:
        manifest = registry.read(workspace.adapter)
        if _base_here(model.base):
            registry.verify(workspace.adapter, model.base, load_base(model.base).fingerprint)
    except UserError as error:
        there = (workspace.adapter / registry.MANIFEST).exists()
        return Fact("adapter", False, str(error) if there else "not trained yet", "Run `rungwise train`.")
    seen = f"{manifest.rows} rows, trained {manifest.created} on {manifest.base}"
    if workspace.examples.is_file() and (changed := workspace.changed_since(manifest.made_from)):
        return Fact("adapter", False, f"{seen}; since then {changed}", "Run `rungwise train`.")
    return Fact("adapter", True, seen)


def _files(workspace: Workspace) -> tuple[Fact, ...]:
    """Return a fact for each file that a user writes."""
    wanted = (
        ("examples", workspace.examples, "`rungwise train` needs it"),
        ("questions", workspace.questions, "`rungwise compare` and `climb` need it"),
        ("answers", workspace.answers, "`rungwise advise` asks and writes it"),
        ("form", workspace.root / "form.yaml", "without it, no shape is asked for"),
        ("evidence", workspace.evidence, "`rungwise compare` or `climb` writes it"),
    )
    return tuple(
        Fact(
            name,
            path.is_file(),
            path.name if path.is_file() else f"{path.name} is missing",
            "" if path.is_file() else f"{why}.",
        )
        for name, path, why in wanted
    )
