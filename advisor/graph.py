"""The whole advisor as a Mermaid graph: questions to rules, rules to the axes and rungs that they push, veto or gate.

Drawn from the same data that decides, so it can't be out of date. With a recommendation, what fired is marked.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.ladder import Force, Rule
from advisor.questionnaire import questionnaire
from advisor.recommendation import Recommendation
from advisor.rules import RULES
from advisor.vocabulary import Axis, Rung


def to_mermaid(r: Recommendation | None = None) -> str:
    """Return the graph as Mermaid text.

    Args:
        r: Marks the answers that were given, the rules that fired and the rung that was chosen; None: unmarked.
    """
    return "\n".join(_lines(r)) + "\n"


def _lines(r: Recommendation | None) -> Iterator[str]:
    told = set(r.answers.to_mapping()) if r else set()
    spoke = {one.rule for one in (*r.reasons, *r.against, *r.vetoes, *r.gates)} if r else set()
    yield "flowchart LR"
    topics: dict[str, list[str]] = {}
    for one in questionnaire():
        topics.setdefault(one.topic, []).append(one.id)
    for topic, names in topics.items():
        yield f"  subgraph {topic}"
        for name in names:
            yield f"    q_{name}[{name}]{':::told' if name in told else ''}"
        yield "  end"
    for rule in RULES:
        yield f"  r_{rule.id}({rule.id}){':::spoke' if rule.id in spoke else ''}"
        for name in rule.reads:
            yield f"  q_{name} --> r_{rule.id}"
        yield from _effects(rule)
    for axis in Axis:
        yield f"  {axis.value}{{{{{axis.value}}}}}"
    for rung in Rung:
        yield f"  {rung.value}([{rung.value}]){':::chosen' if r and r.rung is rung else ''}"
        for axis, switched in ((Axis.RETRIEVAL, rung.retrieves), (Axis.TRAINING, rung.trains)):
            if switched:
                yield f"  {axis.value} ==> {rung.value}"
    yield "  classDef told fill:#dbeafe,stroke:#1d4ed8,color:#111827"
    yield "  classDef spoke fill:#fef3c7,stroke:#b45309,color:#111827"
    yield "  classDef chosen fill:#bbf7d0,stroke:#15803d,color:#111827"


def _effects(rule: Rule) -> Iterator[str]:
    for axis, weight in rule.pushes.items():
        yield f"  r_{rule.id} -- {weight:+d} --> {axis.value}"
    word = "never" if rule.force is Force.VETO else "not yet"
    for rung in sorted(rule.forbids, key=list(Rung).index):
        yield f"  r_{rule.id} -. {word} .-x {rung.value}"
