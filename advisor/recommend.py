"""From answers to a recommendation: pure, total and deterministic.

Every combination of answers gives exactly one rung with at least one reason. Knows nothing of wording, files
or models; reads no clock and no random number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.costs import costs
from advisor.evidence import Choice, Evidence
from advisor.flips import try_others
from advisor.gains import gains
from advisor.ladder import TRAINING_RUNGS, Balance, Force, Rule, balance, settle, training_bar
from advisor.plan import method, missing, steps
from advisor.questionnaire import asked, relevant
from advisor.recommendation import PassedOver, Reason, Recommendation, Unmeasured, plain_or_none
from advisor.risks import risks
from advisor.rules import RULES, fired
from advisor.sample_size import sample
from advisor.target import target
from advisor.vocabulary import Axis, Rung

DEFAULTS = {
    Rung.PROMPT: "training_must_not_hide_a_prompt",
    Rung.RAG: "no_need_of_retrieval",
    Rung.FINETUNE: "no_need_of_training",
    Rung.HYBRID: "both_must_be_earned",
}
"""The reason against a rung against which no rule fired."""
ABOVE_PROMPT = frozenset(Rung) - {Rung.PROMPT}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was weighed, and the rung it gave."""

    rung: Rung
    """The rung."""
    wanted: Rung
    """What the two sums alone would have given, before vetoes and gates."""
    rules: tuple[Rule, ...]
    """The rules that counted."""
    overruled: tuple[Rule, ...]
    """The opinions that a measured effect took the place of."""
    balances: dict[Axis, Balance]
    """The sum of every axis."""
    forbidden: frozenset[Rung]
    """Rungs that vetoes and gates took away."""
    choice: Choice | None
    """What the measurement chose by itself, where it could."""


def decide(answers: Answers, evidence: Evidence | None = None) -> Decision:
    """Weigh answers that are already relevant and corrected by the evidence."""
    opinions = fired(answers)
    gone = tuple(
        rule
        for rule in opinions
        if evidence is not None and rule.pushes and all(evidence.settles(axis) for axis in rule.pushes)
    )
    measured = evidence.rules() if evidence is not None else ()
    rules = tuple(rule for rule in opinions if rule not in gone) + measured
    forbidden = frozenset(rung for rule in rules for rung in rule.forbids)
    balances = {axis: _balance(rules, axis, evidence) for axis in Axis}
    choice = evidence.choose(target(answers).percent, forbidden) if evidence is not None else None
    sums = balances[Axis.RETRIEVAL], balances[Axis.TRAINING]
    wanted = settle(*sums, frozenset())
    rung = choice.rung if choice else settle(*sums, forbidden)
    return Decision(rung, wanted, rules, gone, balances, forbidden, choice)


def _balance(rules: Iterable[Rule], axis: Axis, evidence: Evidence | None) -> Balance:
    """Add up one axis; where its effect is measured well, the measurement alone."""
    if evidence is not None and evidence.settles(axis):
        return balance((rule for rule in rules if rule.force is Force.MEASURED), axis)
    return balance(rules, axis)


def recommend(answers: Answers, evidence: Evidence | None = None) -> Recommendation:
    """Place a use case on the ladder, with reasons.

    Args:
        answers: The questionnaire, filled in as far as anybody knows.
        evidence: What a comparison measured; it replaces opinions, and lifts no veto.

    Returns:
        The same recommendation for the same input, in whatever order or language the questions were asked.
    """
    weighed, overrides = evidence.correct(answers) if evidence is not None else (answers, ())
    weighed = relevant(weighed)
    decision = decide(weighed, evidence)
    reasons, against = _sides(decision, weighed, evidence)
    tried = try_others(weighed, decision.rung, lambda changed: decide(relevant(changed), evidence).rung)
    return Recommendation(
        rung=decision.rung,
        method=method(decision.rung, weighed),
        reasons=reasons,
        against=against,
        vetoes=_spoken(decision.rules, Force.VETO, weighed, evidence),
        gates=_spoken(decision.rules, Force.GATE, weighed, evidence),
        passed_over=tuple(
            PassedOver(rung, _against(rung, decision, weighed, evidence))
            for rung in Rung
            if rung is not decision.rung
        ),
        runner_up=_runner_up(decision),
        confidence=_confidence(decision, weighed, tried.turning),
        missing=missing(_training_wanted(decision), weighed, evidence),
        steps=steps(decision.rung, decision.rules, weighed, evidence),
        flips=tried.flips,
        target=target(weighed),
        sample=sample(weighed.test_questions),
        gains=gains(weighed, evidence),
        costs=costs(weighed),
        risks=risks(decision.rung, weighed),
        unknown=_unknown(weighed, tried.turning),
        ignored=tuple(name for name in answers.to_mapping() if name not in asked(weighed)),
        overrides=overrides,
        overruled=_ranked(decision.overruled, weighed, evidence),
        unmeasured=_unmeasured(decision, answers, evidence),
        answers=weighed,
        evidence=evidence,
    )


def _unmeasured(now: Decision, answers: Answers, evidence: Evidence | None) -> Unmeasured | None:
    if evidence is None or not evidence.counts:
        return None
    then = decide(relevant(answers))
    speak_now, spoke_then = ([rule.id for rule in d.rules] for d in (now, then))
    chosen = [_chosen(now.choice)] if now.choice is not None else []
    return Unmeasured(
        then.rung,
        spoke=(*chosen, *(name for name in speak_now if name not in spoke_then)),
        silent=tuple(name for name in spoke_then if name not in speak_now),
    )


def _training_wanted(d: Decision) -> bool:
    """Return whether something asks for training, and no veto forbids it whatever is collected."""
    vetoed = {rung for rule in d.rules if rule.force is Force.VETO for rung in rule.forbids}
    return d.balances[Axis.TRAINING].needed and not vetoed >= TRAINING_RUNGS


def _reason(rule: Rule, answers: Answers, evidence: Evidence | None) -> Reason:
    triggers = ((name, plain_or_none(answers, name)) for name in rule.reads)
    return Reason(
        rule=rule.id,
        force=rule.force,
        weight=rule.weight,
        pushes=tuple(rule.pushes.items()),
        answers=tuple((name, value) for name, value in triggers if value is not None),
        numbers=_numbers(rule, evidence),
    )


def _numbers(rule: Rule, evidence: Evidence | None) -> tuple[tuple[str, float], ...]:
    if evidence is None or not rule.measured:
        return ()
    return tuple(evidence.numbers(rule.id).items())


def _ranked(rules: Iterable[Rule], answers: Answers, evidence: Evidence | None) -> tuple[Reason, ...]:
    """Return reasons strongest first; among equals a measurement, then the order as written."""
    order = sorted(rules, key=lambda rule: (-rule.weight, rule.force is not Force.MEASURED))
    return tuple(_reason(rule, answers, evidence) for rule in order)


def _spoken(rules: Iterable[Rule], force: Force, a: Answers, evidence: Evidence | None) -> tuple[Reason, ...]:
    return _ranked((rule for rule in rules if rule.force is force), a, evidence)


def _sides(
    d: Decision, a: Answers, evidence: Evidence | None
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return what speaks for the rung and what speaks against it; never nothing for it."""
    pro = [rule for rule in d.rules if _leaning(rule, d) > 0]
    con = [rule for rule in d.rules if _leaning(rule, d) < 0]
    reasons = _ranked(pro, a, evidence)
    if d.choice is not None:
        reasons = (
            _default(_chosen(d.choice), Force.MEASURED, _choice_numbers(d.choice, evidence)),
            *reasons,
        )
    elif not reasons:
        reasons = (_default("start_low"),)
    return reasons, _ranked(con, a, evidence)


def _chosen(choice: Choice) -> str:
    """Return the rule that says why the measurement chose a rung."""
    names = {True: "lowest_measured_to_do", False: "nearest_measured", None: "best_measured"}
    return names[choice.meets_target]


def _choice_numbers(choice: Choice, evidence: Evidence | None) -> tuple[tuple[str, float], ...]:
    assert evidence is not None  # only evidence makes a choice
    rate = evidence.setups[choice.rung]
    margin = limit("margin")
    points = (
        ("rate", rate.mean),
        ("low", rate.low),
        ("high", rate.high),
        ("bar", choice.bar),
        ("margin", margin),
    )
    return (*((name, round(100 * value, 1)) for name, value in points), ("asked", float(evidence.questions)))


def _default(rule: str, force: Force = Force.DEFAULT, numbers: tuple[tuple[str, float], ...] = ()) -> Reason:
    return Reason(rule=rule, force=force, weight=0, pushes=(), answers=(), numbers=numbers)


def _leaning(rule: Rule, d: Decision) -> int:
    """Return how far a rule leans towards the rung (positive) or away from it (negative).

    A veto or gate is a reason only where it decided something: it took away what the sums wanted, or all but
    prompting.
    """
    if rule.forbids:
        decided = d.wanted in rule.forbids or rule.forbids == ABOVE_PROMPT
        return rule.weight if decided and d.rung not in rule.forbids else 0
    return sum(weight if axis.chosen(d.rung) else -weight for axis, weight in rule.pushes.items())


def _against(rung: Rung, d: Decision, a: Answers, evidence: Evidence | None) -> Reason:
    """Return the strongest reason against `rung`: what forbids it, or what speaks for the difference."""
    barring = [rule for rule in d.rules if rung in rule.forbids]
    if barring:
        return _ranked(barring, a, evidence)[0]
    differs = [axis for axis in Axis if axis.chosen(rung) is not axis.chosen(d.rung)]

    def weight(rule: Rule) -> int:
        return sum(rule.pushes.get(axis, 0) * (1 if axis.chosen(d.rung) else -1) for axis in differs)

    speaking = sorted((rule for rule in d.rules if weight(rule) > 0), key=lambda rule: -weight(rule))
    if speaking:
        return _reason(speaking[0], a, evidence)
    if d.choice is not None:
        higher = rung.height > d.rung.height
        return _default("simpler_does_too" if higher else "measured_too_low", Force.MEASURED)
    return _default(DEFAULTS[rung])


def _bars(d: Decision) -> dict[Axis, float]:
    return {Axis.RETRIEVAL: limit("retrieval_bar"), Axis.TRAINING: training_bar(d.rung.retrieves)}


def _margins(d: Decision) -> dict[Axis, float]:
    """Return how far each axis is from its bar; an axis that nothing needs counts as at least one below."""
    bars = _bars(d)
    gaps = {axis: d.balances[axis].score - bars[axis] for axis in Axis}
    return {axis: gap if d.balances[axis].needed else min(gap, -1.0) for axis, gap in gaps.items()}


def _runner_up(d: Decision) -> Rung:
    """Return the neighbour that is nearest to its bar, preferring rungs that nothing forbids."""
    if d.choice is not None and d.choice.runner_up is not None:
        return d.choice.runner_up
    margins = _margins(d)

    def distance(rung: Rung) -> tuple[bool, float, int]:
        gap = sum(abs(margins[axis]) for axis in Axis if axis.chosen(rung) is not axis.chosen(d.rung))
        return rung in d.forbidden, gap, rung.height

    return min((rung for rung in Rung if rung is not d.rung), key=distance)


def _importance() -> dict[str, int]:
    """Return for every question how strong the strongest rule is that reads it; at least 1."""
    weights: dict[str, int] = {}
    for rule in RULES:
        for name in rule.reads:
            weights[name] = max(weights.get(name, 1), rule.weight)
    return weights


def _confidence(d: Decision, a: Answers, turning: Mapping[str, float]) -> float:
    """Return the measured chance of being right, or else how much is known times how far the rules agree.

    Known: the answered questions against those and the open ones, each weighing what its strongest rule weighs; an open
    question that can't change the rung alone weighs a quarter. Where it is less, the chance that the open questions leave
    the rung as it is counts instead, each answer being as likely as another. Agreement: per axis, the share of the weight
    that is on the winning side, with the bar weighing against switching it on; the worse axis counts. An axis that a veto
    or gate settled is not in doubt.
    """
    if d.choice is not None:
        return d.choice.certainty
    weights = _importance()
    known = missed = 0.0
    stays = 1.0
    for name in asked(a):
        weight = weights.get(name, 1)
        if a.get(name) is not None:
            known += weight
        else:
            missed += weight * (1.0 if name in turning else 0.25)
            stays *= 1.0 - turning.get(name, 0.0)
    coverage = min(known / (known + missed), stays) if known else 0.0
    agreement, bars = 1.0, _bars(d)
    for axis, sums in d.balances.items():
        if axis.chosen(d.wanted) and not axis.chosen(d.rung):
            continue
        against = sums.con + bars[axis]
        won = sums.pro if axis.chosen(d.rung) else against
        agreement = min(agreement, won / (sums.pro + against))
    return round(coverage * agreement, 2)


def _unknown(a: Answers, turning: Mapping[str, float]) -> tuple[str, ...]:
    """Return the open questions: those that can change the rung alone first, then what decides most."""
    weights = _importance()
    open_questions = [name for name in asked(a) if a.get(name) is None]
    return tuple(sorted(open_questions, key=lambda name: (name not in turning, -weights.get(name, 1))))
