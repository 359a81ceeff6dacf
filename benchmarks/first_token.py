"""How long the first token of an answer with passages takes, beside the bare model on the very same prompt.

Run `python benchmarks/first_token.py FOLDER` with a workspace that has an index. Ours is `Assistant.stream_reply` in the setup
`rag`: the clock runs from the question, over looking up passages and laying out the prompt, to the first token. The bare model is
transformers' `generate` with a streamer on the ids of that prompt, read anew each time. Questions are asked in turns, and which
side comes first goes by turns too. Both tell when the model had chosen its first token and when a reader sees the first text,
which waits for a whole word and, with ours, for the guard; where other programs want the processor too, its seconds tell more
than the clock's. What looking up takes is the same for all models, so that its share
falls as they grow.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# on a busy machine, threads that spin while they wait for each other bring both sides to a halt

from assistant.engines.local import LocalEngine
from assistant.reply import Reply
from assistant.setup import Setup
from benchmarks.comparison import opened
from experiments import load_questions
from experiments.questions import Question
from finetune.base import Base, load_base
from finetune.layout import Message
from finetune.render import prompt_ids

Moments = tuple[float, float, float]
"""Seconds to the first token, to the first text, and of the processor until then."""


def bare(base: Base, prompt: list[Message], tokens: int) -> Moments:
    """Return what transformers' own way takes."""
    import torch
    from transformers import TextIteratorStreamer

    began, used = time.perf_counter(), time.process_time()
    ids = torch.tensor([prompt_ids(base.tokenizer, prompt)], device=base.precision.device)
    streamer = TextIteratorStreamer(base.tokenizer, skip_prompt=True, skip_special_tokens=True)
    first: list[float] = []

    def clock(input_ids: Any, scores: Any, **_: Any) -> Any:
        first.append(time.perf_counter() - began)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

    def run() -> None:
        with torch.inference_mode():
            base.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=tokens,
                do_sample=False,
                streamer=streamer,
                stopping_criteria=[clock],
            )

    worker = threading.Thread(target=run)
    worker.start()
    shown: list[tuple[float, float]] = []
    for piece in streamer:
        if piece.strip():
            shown.append((time.perf_counter() - began, time.process_time() - used))
    worker.join()
    return first[0], *(shown or [(first[0], time.process_time() - used)])[0]


def with_rag(ask: Callable[[], Any]) -> tuple[Moments, Reply]:
    """Return what a stream of the assistant's takes, and its reply."""
    began, used = time.perf_counter(), time.process_time()
    shown: list[tuple[float, float]] = []
    for piece in ask():
        if isinstance(piece, Reply):
            reply = piece
        elif piece.strip():
            shown.append((time.perf_counter() - began, time.process_time() - used))
    first = sum(reply.timings.get(step, 0.0) for step in ("rewrite", "retrieve", "prefill"))
    return (first, *(shown or [(first, time.process_time() - used)])[0]), reply


def main() -> None:
    """Ask in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a workspace with an index")
    parser.add_argument("--questions", type=int, default=60)
    chosen = parser.parse_args()
    workspace, assistant = opened(chosen.folder)
    questions: list[Question] = load_questions(workspace.questions)[: chosen.questions + 3]
    base, tokens = load_base(workspace.settings.model.base), workspace.settings.model.max_new_tokens
    assert isinstance(assistant.engine, LocalEngine)
    seconds: dict[str, list[Moments]] = {"bare": [], "rag": []}
    lengths, looked_up = [], []
    for turn, question in enumerate(questions):
        hits = assistant.hits(question.question, question.turns, Setup.RAG)
        prompt = assistant.messages(question.question, question.turns, hits, Setup.RAG)

        def ask(question: Question = question) -> Any:
            return assistant.stream_reply(question.question, question.turns, Setup.RAG)

        for side in ("bare", "rag") if turn % 2 else ("rag", "bare"):
            if side == "bare":
                seconds[side].append(bare(base, prompt, tokens))
                continue
            moments, reply = with_rag(ask)
            seconds[side].append(moments)
            lengths.append(reply.tokens_in)
            looked_up.append(reply.timings.get("retrieve", 0.0))
    told = {side: rows[3:] for side, rows in seconds.items()}  # the first ones warm up
    print(f"{len(told['rag'])} questions, prompts of {statistics.median(lengths):.0f} tokens in the median")
    print(
        "| to the | bare model | with rag | ratio of the medians | median of the ratios |\n|---|---|---|---|---|"
    )
    for place, name in enumerate(("first token", "first text", "first text, seconds of the processor")):
        low, high = ([row[place] * 1000 for row in told[side]] for side in ("bare", "rag"))
        a, b = statistics.median(low), statistics.median(high)
        each = statistics.median(ours / theirs for ours, theirs in zip(high, low, strict=True))
        print(f"| {name} | {a:.1f} ms | {b:.1f} ms | {b / a:.2f} | {each:.2f} |")
    print(f"Looking up takes {statistics.median(looked_up[3:]) * 1000:.1f} ms of it in the median.")


if __name__ == "__main__":
    main()
