"""The engine that runs here: one loaded base, with the house's adapter switched on or off.

Knows nothing of documents. torch is imported when the base is loaded, not before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engine import Generated
from finetune import adapter as adapters
from finetune import registry
from finetune.activated import Prefixes, header
from finetune.base import Base, load_base
from finetune.layout import Message
from finetune.render import label_tokens, prompt_ids, prompt_text, terminators
from foundation.errors import UserError

if TYPE_CHECKING:
    import torch

_KEPT = 256 * 2**20
"""Bytes of what prompts were read to that are kept for the next setup's answer, where an adapter is activated."""


class LocalEngine:
    """A base model in this process. Safe to share between threads: they take turns.

    Args:
        base: `starter`, a folder, or a name on the hub.
        adapter: Tells the folder of the adapter that serves; it is loaded, and verified, when an answer needs it, and loaded anew
            when another one serves.
        max_new_tokens: Where an answer is cut off.
        batch: Prompts that are answered at once.
        labels: What an answer may be; at every token only what goes on to one of them is chosen from. None: any text.
    """

    def __init__(
        self,
        base: str,
        adapter: Callable[[], Path],
        max_new_tokens: int = 96,
        batch: int = 16,
        labels: Sequence[str] = (),
    ) -> None:
        self._labels = tuple(labels)
        self._name, self._serving = base, adapter
        self._longest, self._batch = max_new_tokens, batch
        # A plain lock, not a re-entrant one: a stream may be closed by another thread than the one that began it.
        self._turn = threading.Lock()
        self._loading = threading.RLock()
        self._base: Base | None = None
        self._model: Any = None
        self._attached = ""
        self._prefixes = Prefixes(_KEPT, replace=True)

    @property
    def name(self) -> str:
        """The base's name."""
        return self._name

    @property
    def base(self) -> Base:
        """The loaded base.

        Raises:
            UserError: It can't be loaded.
        """
        with self._loading:
            if self._base is None:
                self._base = load_base(self._name)
                self._model, self._prefixes = self._base.model, Prefixes(_KEPT, replace=True)
            return self._base

    def identity(self, adapter: bool) -> str:
        """Return the fingerprints of base and adapter, and the answer's length limit."""
        with self._turn:
            trained = self._attach() if adapter else "-"
            decoded = f"{self._longest}:{'|'.join(self._labels)}" if self._labels else str(self._longest)
            return f"{self.base.fingerprint}:{trained}:{decoded}:{self.base.precision.name}"

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool) -> list[Generated]:
        """Answer every prompt, greedily, those of similar length together."""
        with self._turn:
            base = self.base
            ids = [self._fitting(prompt_ids(base.tokenizer, prompt)) for prompt in prompts]
            order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
            answers: dict[int, Generated] = {}
            for first in range(0, len(order), self._batch):
                places = order[first : first + self._batch]
                answers.update(
                    zip(places, self._answer([ids[place] for place in places], adapter), strict=True)
                )
            return [answers[place] for place in range(len(ids))]

    def stream(self, prompt: Sequence[Message], adapter: bool) -> Iterator[str | Generated]:
        """Yield an answer as it is made, then the whole of it; closing the iterator stops the model at its next token."""
        import torch
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        with self._turn:
            base = self.base
            if adapter:
                self._attach()
            streamer = TextIteratorStreamer(
                base.tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=120
            )
            stop = threading.Event()
            ids = self._fitting(prompt_ids(base.tokenizer, prompt))
            told = self._told([ids])
            failure: list[BaseException] = []
            whole: list[int] = []
            began = time.perf_counter()
            # asked for here: this thread holds the turn until the answer ends, and the worker would wait for it forever
            model, decoding = self._model, self._decoding(told)

            def run() -> None:
                try:
                    with torch.inference_mode(), adapters.switched(model, adapter):
                        made = model.generate(
                            streamer=streamer, **told, **decoding,
                            stopping_criteria=StoppingCriteriaList([lambda *_, **__: stop.is_set()]),
                        )  # fmt: skip
                        whole.extend(made[0, len(ids) :].tolist())
                except BaseException as error:  # handed to the caller's thread below
                    failure.append(error)
                    streamer.end()  # type: ignore[no-untyped-call]

            worker = threading.Thread(target=run, daemon=True)
            worker.start()
            try:
                first = True
                for piece in streamer:
                    yield piece.lstrip() if first else piece
                    first = first and not piece.strip()
            finally:
                stop.set()
                worker.join()
            if failure:
                raise failure[0]
            yield self._read(ids, whole, time.perf_counter() - began)

    def _answer(self, ids: list[list[int]], adapter: bool) -> list[Generated]:
        import torch

        if adapter:
            self._attach()
        began = time.perf_counter()
        told = self._told(ids)
        longest = told["input_ids"].shape[1]
        with torch.inference_mode(), adapters.switched(self._model, adapter):
            made: torch.Tensor = self._model.generate(**told, **self._decoding(told))
        seconds = (time.perf_counter() - began) / len(ids)
        return [self._read(row, made[place, longest:].tolist(), seconds) for place, row in enumerate(ids)]

    def _told(self, ids: list[list[int]]) -> dict[str, Any]:
        """Return prompts as the model takes them, padded on the left; what base and adapter read alike is read once for both."""
        import torch

        base = self.base
        pad, device = int(base.tokenizer.pad_token_id or 0), base.precision.device
        longest = max(len(row) for row in ids)
        told: dict[str, Any] = {
            "input_ids": torch.tensor([[pad] * (longest - len(row)) + row for row in ids], device=device),
            "attention_mask": torch.tensor(
                [[0] * (longest - len(row)) + [1] * len(row) for row in ids], device=device
            ),
        }
        if self._activated():
            before = len(header(base.tokenizer))
            told["past_key_values"] = self._prefixes.cache(self._model, [row[:-before] for row in ids])
        return told

    def _activated(self) -> bool:
        """Return whether the adapter that serves, attached or not, acts from the answer's header on."""
        try:
            return bool(registry.read(self._serving()).settings.get("activated"))
        except UserError:
            return False  # none serves: said where one is asked for

    def _read(self, prompt: list[int], made: list[int], seconds: float) -> Generated:
        ends = self._ends()
        length = next((place for place, token in enumerate(made) if token in ends), None)
        answer = made if length is None else made[:length]
        text = str(self.base.tokenizer.decode(answer, skip_special_tokens=True)).strip()
        return Generated(text, len(prompt), len(answer), length is not None, seconds)

    def _decoding(self, told: Mapping[str, Any]) -> dict[str, Any]:
        decoding: dict[str, Any] = {
            "max_new_tokens": self._longest, "do_sample": False, "temperature": None, "top_p": None, "top_k": None,
            "pad_token_id": self.base.tokenizer.pad_token_id, "eos_token_id": self._ends(),
        }  # fmt: skip
        if self._labels:
            allowed, longest = label_tokens(self.base.tokenizer, self._labels, self._ends())
            begun = told["input_ids"].shape[1]
            # what has ended may go on with anything: transformers pads it
            rest = [int(self.base.tokenizer.pad_token_id or 0)]
            decoding["prefix_allowed_tokens_fn"] = lambda _, ids: allowed.get(
                tuple(ids[begun:].tolist()), rest
            )
            decoding["max_new_tokens"] = longest
        return decoding

    def _ends(self) -> list[int]:
        return terminators(self.base.tokenizer, self.base.model.generation_config.eos_token_id)

    def _fitting(self, ids: list[int]) -> list[int]:
        room = self.base.window - self._longest
        if len(ids) > room:
            raise UserError(
                f'The prompt has {len(ids)} tokens, but "{self._name}" has room for {room} beside the answer. Ask a shorter '
                "question, or lower `k` in rungwise.toml."
            )
        return ids

    def _attach(self) -> str:
        """Load the adapter, or load it anew when another one serves by now; return the hash of its weights."""
        folder = self._serving()
        manifest = registry.read(folder)
        weights = manifest.files.get(manifest.weights, "")
        if self._attached != weights or not weights:
            base = self.base
            registry.verify(folder, base.name, base.fingerprint)
            if self._attached:  # an earlier version sits on the layers: begin again with the bare base
                self._base = None
                base = self.base
            self._model = adapters.attach_saved(base.model, folder).eval()
            self._attached = weights
        return weights


def rendered(engine: LocalEngine, prompt: Sequence[Message]) -> str:
    """Return the very text that the engine feeds its model for a prompt."""
    return prompt_text(engine.base.tokenizer, prompt)
