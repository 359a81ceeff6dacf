"""The risk file: what the system is, what can go wrong, what was measured of that, and what is not known.

In the manner of the risk management of the AI Act (Regulation (EU) 2024/1689) article 9 and of an assessment by GDPR article
35, as far as the workspace knows it. Knows nothing of wording: the advisor's own risks are taken over as they are worded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor import Language, recommend
from advisor.prospects import risk_lines
from finetune import registry
from governance.papers.paper import Paper, Section, Statement, Table, Value, Word
from governance.papers.state import State, read_json

_MODEL = "rungwise.toml [model]"
_COMPARISON = ".rungwise/comparison.json"


def risk_file(state: State, language: Language) -> Paper:
    """Return the risk file of a workspace.

    Args:
        state: The workspace's state.
        language: In which the advisor's risks are worded.
    """
    sections = (
        _system(state), _risks(state, language), _adapters(state), _measured(state), _signals(state), _oversight(state),
        _erasures(state), _limits(state),
    )  # fmt: skip
    return Paper("risk-file", state.workspace.settings.name, state.at, sections)


def _system(state: State) -> Section:
    model, around = state.workspace.settings.model, state.around
    serving = state.workspace.adapters.served
    return Section(
        "system",
        (
            Statement("base", model.base, _MODEL),
            Statement("runs_at", model.endpoint or Word("this_machine"), _MODEL),
            Statement(
                "adapter_serving",
                serving[-1] if serving else Word("none_serves"),
                ".rungwise/adapters/serving.json",
            ),
            Statement(
                "intended_purpose",
                state.workspace.settings.rows.purpose or None,
                "rungwise.toml [rows] purpose",
            ),
            Statement("notice", around.notice or None, "ui/words/shared.py"),
            Statement(
                "notice_places", ", ".join(around.notice_places) or None, "ui/views/chat.py, ui/api/app.py"
            ),
            Statement("risk_class", None, ""),
        ),
    )


def _risks(state: State, language: Language) -> Section:
    """Return what can go wrong on the advised rung, by the house's own answers."""
    if state.answers is None:
        return Section("risks", (Statement("advised", None, "answers.yaml"),))
    advice = recommend(state.answers)
    rows = tuple((text, duty) for text, duty in risk_lines(advice, language))
    return Section(
        "risks",
        (
            Statement("advised", advice.rung.value, "answers.yaml"),
            Statement("risks_found", len(rows), "answers.yaml"),
        ),
        (Table("risks_listed", ("risk", "duty"), rows, "answers.yaml"),),
    )


def _adapters(state: State) -> Section:
    """Return every adapter with what was measured of it."""
    lineage = state.workspace.adapters
    rows: list[tuple[Value, ...]] = []
    for name in lineage.names():
        manifest = registry.read(lineage.home / name)
        judged = read_json(state.workspace.judged / f"{name}.json") or {}
        tainted = (lineage.home / name / registry.TAINTED).is_file()
        rows.append(
            (name, manifest.base, manifest.created[:10], manifest.rows, manifest.papers.get("purpose") or None,
             manifest.papers.get("retention_days"), tainted, _forgetting(judged), _auc(judged), _again(judged), _canary(judged))
        )  # fmt: skip
    columns = ("adapter", "base", "created", "rows", "purpose", "retention_days", "tainted", "forgetting", "told_apart",
               "said_again", "canaries")  # fmt: skip
    return Section(
        "adapters",
        (Statement("adapters", len(rows), ".rungwise/adapters/"),),
        (Table("adapters_listed", columns, tuple(rows), ".rungwise/adapters/, .rungwise/judged/"),),
    )


def _forgetting(judged: Mapping[str, Any]) -> Value:
    told = judged.get("forgetting")
    return Word(f"forgetting.{told['verdict']}") if told else None


def _auc(judged: Mapping[str, Any]) -> Value:
    told = judged.get("membership")
    return f"AUC {_interval(told['auc'], 1, '.2f')}" if told else None


def _again(judged: Mapping[str, Any]) -> Value:
    told = judged.get("continuation")
    return f"{told['found']}/{told['rows']}" if told else None


def _canary(judged: Mapping[str, Any]) -> Value:
    told = judged.get("canaries")
    return Word(f"canaries.{told['once']}") if told else None


def _measured(state: State) -> Section:
    """Return the last comparison: each setup's shares with their 95 % intervals."""
    told = state.comparison
    if told is None:
        return Section("measured", (Statement("comparison", None, _COMPARISON),))
    measures = ("both", "facts", "form", "citation", "abstention")
    rows = tuple(
        (
            one["setup"],
            *(_interval((one.get(name) or {}).get("rate"), 100, ".0f") for name in measures),
            one.get("errors"),
        )
        for one in told.get("standings", ())
    )
    return Section(
        "measured",
        (
            Statement("questions", told.get("questions"), _COMPARISON),
            Statement("winner", told.get("winner"), _COMPARISON),
            Statement("winner_sure", told.get("sure"), _COMPARISON),
            Statement(
                "target", state.workspace.settings.target.pass_rate, "rungwise.toml [target] pass_rate"
            ),
        ),
        (Table("shares", ("setup", *measures, "errors"), rows, _COMPARISON),),
    )


def _interval(told: Mapping[str, float] | None, scale: float, form: str) -> str | None:
    if not told:
        return None
    middle = told.get("mean", told.get("value", 0.0))
    value, low, high = (format(scale * one, form) for one in (middle, told["low"], told["high"]))
    return f"{value} ({low}–{high})"


def _signals(state: State) -> Section:
    signals = state.around.signals
    where = ".rungwise/traces/"
    if signals is None:
        return Section("signals", (Statement("signals_open", None, where),))
    return Section(
        "signals",
        (Statement("signals_open", len(signals), where),),
        (Table("signals_listed", ("signal", "seen", "action"), signals, where),),
    )


def _oversight(state: State) -> Section:
    """Return what people look at and can stop."""
    rows, stands = state.rows, state.standing
    return Section(
        "oversight",
        (
            Statement("votes", rows["votes"], ".rungwise/votes/"),
            Statement("reviewed", stands.reviewed or Word("never"), ".rungwise/governance/reviews.jsonl"),
            Statement(
                "rollback", len(state.workspace.adapters.served) > 1, ".rungwise/adapters/serving.json"
            ),
            Statement("retrain_due", stands.retrain_due, ".rungwise/adapters/"),
        ),
    )


def _erasures(state: State) -> Section:
    rows = tuple(
        (str(one.get("date", ""))[:10], Word(f"erased.{one.get('what')}"), one.get("documents"),
         sum((one.get("rows") or {}).values()), one.get("remaining"), one.get("tainted_adapter"))
        for one in state.certificates
    )  # fmt: skip
    columns = ("date", "what", "documents", "rows", "remaining", "tainted")
    return Section("erasures_done", (), (Table("certificates", columns, rows, ".rungwise/forgotten/"),))


def _limits(state: State) -> Section:
    return Section(
        "limits",
        (
            Statement("limit_weights", Word("limit.weights"), "docs/explanation/erasure.md"),
            Statement("limit_copies", Word("limit.copies"), "docs/explanation/erasure.md"),
            Statement("limit_kinds", Word("limit.kinds"), "docs/privacy.md"),
            Statement("limit_measure", Word("limit.measure"), "docs/measured.md"),
            Statement("limit_legal", Word("limit.legal"), "docs/how-to/govern.md"),
        ),
    )
