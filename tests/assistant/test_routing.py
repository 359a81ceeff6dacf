"""Which adapter answers a question: by rules, by a small classifier that is measured, and through the assistant."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.assistant import Assistant
from assistant.config.adapters_settings import AdaptersSettings
from assistant.engines.engine import Adapter
from assistant.reply import Question
from assistant.routing import Router, Rules
from assistant.setup import Setup, variant
from assistant.task_classifier import TaskClassifier, fitted, likely
from finetune.examples import Example, load_examples, of_task
from finetune.form import EMPTY
from finetune.layout import Message
from finetune.lineage import Lineage
from foundation.errors import UserError
from tests.assistant.fakes import FakeEngine


def example(number: int, question: str, task: str = "") -> Example:
    turns = (Message(role="user", content=question), Message(role="assistant", content="Yes."))
    return Example(f"ex-{number}", turns, (), (), number, "", task)


class Topics:
    """Embeds a question by which of a few words stand in it."""

    name, fingerprint, dimension, max_tokens = "topics", "topics-1", 4, 100
    words = ("refund", "parcel", "weather", "tea")

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        found = np.array([[float(word in text) for word in self.words] for text in texts], dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.where(lengths, lengths, 1)


WAYS = ("Is a {} possible on day {}?", "{} number {}: who pays?", "When will the {} of week {} come?")


def of_two_tasks(count: int = 30) -> list[Example]:
    told = {"returns": "refund", "orders": "parcel", "": "weather"}
    return [
        example(at * 10 + place, WAYS[at % 3].format(word, f"{at}{at}x"), task)
        for at in range(count)
        for place, (task, word) in enumerate(told.items())
    ]


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("Can I have refunds for two tents?", "returns"),  # without its ending
        ("Where is order W-2001?", "orders"),
        ("where is w-2001", "orders"),
        ("İade süresi ne kadar?", "returns"),
        ("When do you open?", ""),
        ("A refund for W-2001?", "returns"),  # the first one that fits
    ],
)
def test_the_first_rule_that_fits_tells_the_task(question: str, task: str) -> None:
    told = AdaptersSettings("rules", ("returns: refund, iade süresi", r"orders: /\bW-\d{4,}\b/, parcel"))
    assert Rules(told.signs).tell(question).task == task


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"route": "rule"}, 'route must be "rules" or "classifier", not "rule"'),
        ({"route": "rules"}, "rules names no task"),
        ({"rules": ("refund, return",)}, "begins with no task"),
        ({"rules": ("returns: ",)}, 'says nothing that tells the task "returns"'),
        ({"rules": ("returns: /(/",)}, "the pattern /[(]/ of the task"),
        ({"rules": ("returns: a", "returns: b")}, 'names the task "returns" twice'),
        ({"serve": ("returns: ../x",)}, 'the adapter of "returns" is named by letters'),
        ({"least": 2.0}, "least must be 0 to 1, but is 2"),
    ],
)
def test_a_rule_that_can_t_be_understood_is_a_sentence(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        AdaptersSettings(**told)


def test_a_pattern_may_hold_commas_and_slashes() -> None:
    told = AdaptersSettings(rules=(r"a: /x{1,2}/, /\/etc/, plain words",))
    assert told.signs == {"a": ("/x{1,2}/", r"/\/etc/", "plain words")}


def test_a_task_without_an_adapter_and_no_task_at_all_go_to_what_serves() -> None:
    router = Router(Rules({"returns": ["refund"], "orders": ["parcel"]}), {"returns": "soft"}, True)
    assert [router.route(f"My {word}?").adapter for word in ("refund", "parcel", "tea")] == [
        "soft",
        True,
        True,
    ]
    assert router.answering == ["soft", True]
    assert "no adapter was trained for it" in router.route("My parcel?").why


# ---------------------------------------------------------------- the classifier


def test_a_classifier_learns_the_tasks_and_is_measured_on_what_it_was_not_fitted_on() -> None:
    made = TaskClassifier(of_two_tasks(), Topics(), least=0.6, seed=7)  # type: ignore[arg-type]
    measured = made.measured
    assert measured is not None and measured.n >= 20 and measured.right == measured.n
    assert (
        measured.low < 1 == measured.high
        and f"Of {measured.n} questions that it was not fitted on" in measured.text
    )
    made.check()
    assert [made.tell(f"About my {word}").task for word in ("refund", "parcel", "weather")] == [
        "returns",
        "orders",
        "",
    ]
    assert "orders is" in made.tell("About my parcel").why
    assert made.tell("refund and parcel and weather and tea").task == ""  # not sure of any


def test_a_small_task_is_named_where_a_naive_fit_of_equal_rows_never_names_it() -> None:
    rng = np.random.default_rng(5)
    tasks = np.array([0] * 90 + [1] * 10)
    vectors = rng.normal(size=(100, 4)) * 0.3 + np.eye(4)[tasks] * 0.3
    asked = rng.normal(size=(200, 4)) * 0.3 + np.eye(4)[1] * 0.3  # all of the small one
    weights = fitted(vectors, tasks, 2)
    naive = weights.copy()
    naive[-1] += np.log([9.0, 1.0])  # what rows that weigh alike add to the frequent task
    assert (likely(asked, weights).argmax(axis=1) == 1).mean() > 0.5
    assert (likely(asked, naive).argmax(axis=1) == 1).mean() < 0.1


def test_what_answers_has_learned_from_every_example_and_what_is_told_of_it_from_a_part() -> None:
    examples = of_two_tasks()
    made = TaskClassifier(examples, Topics(), least=0.6, seed=7)  # type: ignore[arg-type]
    learned: list[int] = []

    class Counting(Topics):
        def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
            learned.append(len(texts))
            return super().embed(texts)

    again = TaskClassifier(examples, Counting(), least=0.6, seed=7)  # type: ignore[arg-type]
    assert again.mark == made.mark and len(examples) in learned
    assert again.measured is not None and again.measured.n < len(examples)


def test_a_classifier_of_tasks_that_mean_nothing_is_refused_where_a_naive_one_would_route() -> None:
    rng = np.random.default_rng(3)
    names = ["returns", "orders"]
    examples = [
        example(
            at,
            f"Number {at} of {Topics.words[int(rng.integers(4))]} and so on {at * 7}",
            names[int(rng.integers(2))],
        )
        for at in range(120)
    ]
    made = TaskClassifier(examples, Topics(), least=0.0, seed=7)  # type: ignore[arg-type]
    assert made.tell("My refund?").task in names  # naive: it answers all the same
    with pytest.raises(UserError, match="not surely better than chance.*Of .* were told right"):
        made.check()


@pytest.mark.parametrize(
    "examples",
    [of_two_tasks()[::3][:8], [example(n, f"Question {n}?") for n in range(20)], of_two_tasks(4)],
    ids=["one task and no rest", "no task", "too few of each"],
)
def test_too_few_tasks_or_examples_are_a_sentence(examples: list[Example]) -> None:
    with pytest.raises(UserError, match="needs two tasks with 5 examples each.*by task:"):
        TaskClassifier(examples, Topics(), least=0.6, seed=7)  # type: ignore[arg-type]


def test_the_weights_are_where_the_penalised_loss_is_least() -> None:
    """At the minimum the slope is 0: penalty and misjudged shares balance (checked against finite differences)."""
    rng = np.random.default_rng(0)
    vectors, tasks = rng.normal(size=(40, 3)), rng.integers(3, size=40)
    best = fitted(vectors, tasks, 3)

    weigh = (40 / 3 / np.bincount(tasks))[tasks]  # each task as much as any other

    def loss(weights: np.ndarray) -> float:
        shares = likely(vectors, weights)
        missed = -(weigh * np.log(shares[np.arange(40), tasks])).sum()
        return float(missed + 0.5 * (weights[:-1] ** 2).sum())

    for _ in range(20):
        step = rng.normal(size=best.shape) * 1e-3
        assert loss(best + step) >= loss(best) - 1e-6


# ---------------------------------------------------------------- through the assistant


def routed(router: Callable[[], Router]) -> Assistant:
    return Assistant(FakeEngine(lambda prompt, adapter: f"Said by {adapter}."), None, EMPTY, router=router)


def test_a_routed_setup_answers_each_question_with_the_adapter_of_its_task() -> None:
    teller = Rules({"returns": ["refund"], "orders": ["parcel"]})
    assistant = routed(lambda: Router(teller, {"returns": "soft", "orders": "stern"}, True))
    asked = [Question(text, (), variant("lora+routed")) for text in ("A refund?", "My parcel?", "Tea?")]
    replies = assistant.answer_cases(asked)
    assert [reply.text for reply in replies] == ["Said by ['soft', 'stern', True]."] * 3  # type: ignore[union-attr]
    assert [reply.adapter for reply in replies] == ["soft", "stern", "house"]  # type: ignore[union-attr]
    earlier = ({"role": "user", "content": "A refund?"}, {"role": "assistant", "content": "Yes."})
    assert assistant.answer("And for the big one?", earlier, variant("lora+routed")).adapter == "soft"
    *_, streamed = assistant.stream_reply("My parcel?", (), variant("lora+routed"))
    assert streamed.adapter == "stern"  # type: ignore[union-attr]


def test_a_routed_setup_is_another_one_where_a_rule_or_an_adapter_is_another() -> None:
    def print_of(words: list[str], adapters: dict[str, str], otherwise: Adapter = True) -> str:
        assistant = routed(lambda: Router(Rules({"returns": words}), adapters, otherwise))
        return assistant.fingerprint(variant("lora+routed"))

    same = print_of(["refund"], {"returns": "soft"})
    assert same == print_of(["refund"], {"returns": "soft"})
    others = {
        print_of(["return"], {"returns": "soft"}),
        print_of(["refund"], {"returns": "stern"}),
        print_of(["refund"], {"returns": "soft"}, False),
    }
    assert len({same, *others}) == 4


def test_routing_that_nobody_set_is_a_sentence() -> None:
    assistant = Assistant(FakeEngine(), None, EMPTY)
    with pytest.raises(UserError, match="Nothing says which adapter answers what. Write"):
        assistant.answer("A refund?", (), variant("lora+routed"))
    assert assistant.answering(Setup.LORA) == [True]


# ---------------------------------------------------------------- tasks of examples and of adapters


def test_an_example_says_its_task_and_a_task_that_none_has_is_a_sentence(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    path = tmp_path / "examples.jsonl"
    path.write_text(
        "".join(json.dumps({"messages": turns, **more}) + "\n" for more in ({"task": "returns"}, {})), "utf-8"
    )
    examples = load_examples(path)
    assert [one.task for one in examples] == ["returns", ""]
    assert of_task(examples, "returns") == examples[:1] and of_task(examples, "") == examples
    with pytest.raises(UserError, match='No example is of the task "return". Did you mean "returns"'):
        of_task(examples, "return")
    path.write_text(json.dumps({"messages": turns, "task": "a b"}) + "\n", "utf-8")
    with pytest.raises(UserError, match="line 1: task must be a name of letters, digits, - and _"):
        load_examples(path)


def test_an_adapter_of_a_task_answers_it_while_another_serves_and_is_not_removed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        papers = {
            "name": name,
            "base": "x",
            "base_fingerprint": "",
            "rows": 1,
            "validation_rows": 1,
            "rows_sha256": "",
        }
        rest = {
            "made_from": {},
            "settings": {},
            "curve": [],
            "best_epoch": 1.0,
            "seconds": 1.0,
            "versions": {},
            "created": name,
        }
        (tmp_path / name / "manifest.json").write_text(json.dumps({**papers, **rest}), "utf-8")
    lineage = Lineage(tmp_path)
    lineage.use("a")
    lineage.use_for("returns", "b")
    assert lineage.serving.name == "a" and lineage.by_task() == {"returns": "b"}
    with pytest.raises(UserError, match="b answers the task returns. Have another answer it first"):
        lineage.remove("b")
    lineage.use_for("returns", "a")
    lineage.remove("b")
    assert lineage.by_task() == {"returns": "a"}
    with pytest.raises(UserError, match='no adapter "c"'):
        lineage.use_for("returns", "c")
