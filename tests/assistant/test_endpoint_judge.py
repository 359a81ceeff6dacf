"""A judge that runs elsewhere, against a real HTTP server on loopback; and the settings of votes, splits and judge."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant.config.asking_settings import JudgeSettings, LiveSettings
from assistant.config.settings import read_settings
from assistant.endpoint_judge import EndpointJudge
from experiments.opinions.judge import judge_results
from foundation.errors import UserError
from tests.experiments.worlds import result

ASKED: list[dict[str, Any]] = []


class Server(BaseHTTPRequestHandler):
    """Finds that the answer with 30 days in it is better; refuses the model "closed"."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ASKED.append({**body, "key": self.headers["Authorization"]})
        told = body["messages"][-1]["content"]
        first = told.index("answer A") < told.index("30 days") < told.index("answer B")
        said = json.dumps({"verdict": "A" if first else "B"})
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                 "choices": [{"index": 0, "message": {"role": "assistant", "content": f"Well.\n{said}"}, "finish_reason": "stop"}]}  # fmt: skip
        status, value = (
            (200, reply) if body["model"] != "closed" else (401, {"error": {"message": "30 days secret"}})
        )
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    ASKED.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def test_a_served_judge_compares_answers_as_its_settings_say(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "k-1")
    judge = EndpointJudge(JudgeSettings(url, "wise", "JUDGE_KEY", temperature=0.5, max_new_tokens=99))
    results = [result("rag", "q-1", text="30 days."), result("prompt", "q-1", text="14 days.")]
    found = judge_results(results, [("rag", "prompt")], judge, tmp_path, repeats=1, guided=False)
    assert [vote.preferred for vote in found.votes] == ["rag"] and found.votes[0].who == "judge:wise"
    assert len(ASKED) == 2
    body = ASKED[0]
    assert (body["model"], body["temperature"], body["key"]) == ("wise", 0.5, "Bearer k-1")
    assert 99 in (body.get("max_completion_tokens"), body.get("max_tokens"))


def test_other_settings_are_another_judge(url: str) -> None:
    usual = EndpointJudge(JudgeSettings(url, "wise"))
    assert usual.fingerprint == EndpointJudge(JudgeSettings(url, "wise")).fingerprint
    assert usual.fingerprint != EndpointJudge(JudgeSettings(url, "wise", temperature=0.1)).fingerprint


def test_a_judge_that_is_not_there_or_does_not_let_us_in_is_a_sentence(url: str) -> None:
    turns = [{"role": "user", "content": "answer A 30 days answer B"}]
    for settings in (JudgeSettings("http://127.0.0.1:9/v1", "wise"), JudgeSettings(url, "closed")):
        with pytest.raises(UserError, match=r"did not answer .*under \[judge\]") as error:
            EndpointJudge(settings).ask(turns)
        assert "30 days" not in str(error.value), "servers repeat what they were sent"
    with pytest.raises(UserError, match="There is no judge. Name one in rungwise.toml"):
        EndpointJudge(JudgeSettings())


def test_the_sections_are_read_from_rungwise_toml(tmp_path: Path) -> None:
    path = tmp_path / "rungwise.toml"
    path.write_text(
        '[live]\non = true\nsetups = "rag: 1, hybrid: 3"\nunit = "user"\nsalt = "spring"\n'
        '[judge]\nendpoint = "http://127.0.0.1:8000/v1"\nmodel = "wise"\nrepeats = 5\ntemperature = 1\n',
        "utf-8",
    )
    read = read_settings(path)
    assert read.live.weights == {"rag": 1.0, "hybrid": 3.0} and read.live.unit == "user"
    assert read.judge.repeats == 5 and read.judge.temperature == 1.0
    assert LiveSettings().weights == {} and not LiveSettings().on
    assert LiveSettings(setups="rag, prompt+shots=5: 2").weights == {"rag": 1.0, "prompt+shots=5": 2.0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[live]\non = true\n", "two setups at least"),
        ('[live]\non = true\nsetups = "rag"\n', "two setups at least"),
        ('[live]\nsetups = "rga, hybrid"\n', 'Did you mean "rag"'),
        ('[live]\nsetups = "rag, rag"\n', "names rag twice"),
        ('[live]\nsetups = "rag: 0, hybrid"\n', 'weight of rag must be a number above 0, but is "0"'),
        ('[live]\nsetups = "rag: some, hybrid"\n', 'but is "some"'),
        ('[live]\nunit = "users"\n', 'Did you mean "user"'),
        ('[live]\non = true\nsetups = "rag, hybrid"\nunit = "user"\n', "needs a salt"),
        ("[judge]\nrepeats = 0\n", "repeats must be at least 1"),
        ("[judge]\ntemperature = 3.0\n", "temperature must be 0 to 2"),
        ("[judge]\nmax_new_tokens = 0\n", "max_new_tokens must be at least 1"),
        ('[judge]\nendpoint = "http://127.0.0.1:8000/v1"\n', "endpoint needs a model"),
    ],
)
def test_what_does_not_fit_is_said_with_its_section(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rungwise.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        read_settings(path)
    assert told in str(error.value) and text.split("\n")[0] in str(error.value)
