"""A recommendation as JSON values, in the form that `data/recommendation.schema.json` publishes.

Knows nothing of how anything was decided; `VERSION` rises when the form changes in a way a reader would
notice.
"""

from __future__ import annotations

from typing import Any

from advisor.catalog import Source, wordings
from advisor.costs import Cost, Range
from advisor.gains import Gain
from advisor.recommendation import Change, Reason, Recommendation, Unmeasured, fill, plain_or_none
from advisor.risks import Risk
from advisor.vocabulary import Language

VERSION = 3
"""Version of the published form."""


def to_dict(r: Recommendation, language: Language) -> dict[str, Any]:
    """Return `r` as JSON values with the sentences of one language."""

    def told(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
        return [_reason(reason, r, language) for reason in reasons]

    return {
        "version": VERSION,
        "language": language.value,
        "rung": r.rung.value,
        "runner_up": r.runner_up.value,
        "confidence": r.confidence,
        "confidence_level": r.level.value,
        "method": [{"id": name, "sentence": _worded("methods", name, r, language)} for name in r.method],
        "reasons": told(r.reasons),
        "against": told(r.against),
        "vetoes": told(r.vetoes),
        "gates": told(r.gates),
        "passed_over": [
            {"rung": one.rung.value, "reason": _reason(one.reason, r, language)} for one in r.passed_over
        ],
        "missing": [
            {
                "id": m.id,
                "question": m.question,
                "have": m.have,
                "need": m.need,
                "short": m.short,
                "blocks": m.blocks,
            }
            for m in r.missing
        ],
        "steps": [
            {"id": step.id, "sentence": _worded("steps", step.id, r, language), "command": step.command}
            for step in r.steps
        ],
        "flips": [
            _change(f)
            | {"rung": f.rung.value, "worsens": f.worsens, "also": [_change(one) for one in f.also]}
            for f in r.flips
        ],
        "target": {
            "percent": r.target.percent,
            "stated": r.target.stated,
            "break_even": r.target.break_even,
            "abstain_below": r.target.abstain_below,
        },
        "sample": {
            "have": r.sample.have,
            "sees": r.sample.sees,
            "needs": [{"points": points, "questions": questions} for points, questions in r.sample.needs],
        },
        "gains": [_gain(one, language) for one in r.gains],
        "costs": [_cost(one) for one in r.costs],
        "risks": [_risk(one, r, language) for one in r.risks],
        "unknown": list(r.unknown),
        "ignored": list(r.ignored),
        "overrides": [{"question": o.question, "said": o.said, "measured": o.measured} for o in r.overrides],
        "overruled": told(r.overruled),
        "unmeasured": _unmeasured(r.unmeasured),
        "answers": r.answers.to_mapping(),
        "measured_on": None if r.evidence is None else r.evidence.questions,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"question": change.question, "before": change.before, "after": change.after}


def _unmeasured(before: Unmeasured | None) -> dict[str, Any] | None:
    if before is None:
        return None
    return {"rung": before.rung.value, "spoke": list(before.spoke), "silent": list(before.silent)}


def _worded(kind: str, name: str, r: Recommendation, language: Language) -> str:
    return fill(wordings(kind)[name].text[language], r.answers, language)


def _gain(gain: Gain, language: Language) -> dict[str, Any]:
    data = gain.data
    return {
        "id": gain.id,
        "rung": data.rung.value,
        "over": data.over.value,
        "low": data.low,
        "high": data.high,
        "unit": data.unit,
        "sentence": data.wording.text[language],
        "source": _source(data.wording.source),
        "measured": gain.measured,
        "agrees": gain.agrees,
    }


def _cost(cost: Cost) -> dict[str, Any]:
    def ends(one: Range | None) -> list[float] | None:
        return None if one is None else [round(value, 3) for value in one]

    return {
        "rung": cost.rung.value,
        "preparation_hours": ends(cost.preparation_hours),
        "upkeep_hours": ends(cost.upkeep_hours),
        "gpu_hours": ends(cost.gpu_hours),
        "tokens": ends(cost.tokens),
        "money": ends(cost.money),
    }


def _risk(risk: Risk, r: Recommendation, language: Language) -> dict[str, Any]:
    wording = wordings("risks")[risk.id]
    return {
        "id": risk.id,
        "answers": {name: plain_or_none(r.answers, name) for name in risk.answers},
        "sentence": fill(wording.text[language], r.answers, language),
        "duty": wording.duty[language] if wording.duty else "",
        "source": _source(wording.source),
    }


def _source(source: Source | None) -> dict[str, str] | None:
    return None if source is None else {"title": source.title, "date": source.date, "read": source.read}


def _reason(reason: Reason, r: Recommendation, language: Language) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "force": reason.force.value,
        "weight": reason.weight,
        "pushes": {axis.value: weight for axis, weight in reason.pushes},
        "answers": dict(reason.answers),
        "sentence": reason.sentence(r.answers, language),
        "source": _source(reason.source),
    }
