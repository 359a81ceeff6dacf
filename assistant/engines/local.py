"""The engine that runs here: one loaded base, with any of the house's adapters switched on, or none.

Knows nothing of documents. torch is imported when the base is loaded, not before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engines.attached import Attached, Tuned, bare, groups
from assistant.engines.engine import (
    ANYBODY,
    GREEDY,
    Adapter,
    Adapters,
    Caller,
    CallerGone,
    Decoding,
    Generated,
    NoRoom,
    each,
)
from assistant.engines.turns import Turns
from finetune import adapter as adapters
from finetune import registry
from finetune.base import Base, free_memory, load_base
from finetune.layout import Message
from finetune.prefix_cache.activated import header
from finetune.prefix_cache.growing import empty_cache
from finetune.prefix_cache.prefixes import Prefixes, boundaries
from finetune.render import prompt_ids, prompt_text, terminators
from foundation.errors import UserError

if TYPE_CHECKING:
    import torch

    from assistant.engines.decoder import Watch

_SHARE = 0.25
"""Of the free memory, for the keys and values of prompts that are answered at once."""
_KEPT = 256 * 2**20
"""Bytes of what prompts were read to that are kept, for the base and for all plain adapters together."""


@dataclass(frozen=True)
class _Prompt:
    """A prompt as the model takes it."""

    ids: list[int]
    splits: list[int]
    """Where it may be read in pieces that other prompts share."""


class LocalEngine:
    """A base model in this process, with adapters on it. Safe to share between threads: they take turns.

    Args:
        base: `starter`, a folder, or a name on the hub.
        adapter: Tells the folder of the adapter that serves. An adapter is loaded, and verified, when an answer needs it, and put
            beside those that are on the base by then.
        max_new_tokens: Where an answer is cut off.
        batch: Prompts that are answered at once; fewer where what is kept of them would take too much of the free memory.
        lookup: Whether a single answer may be guessed ahead from its prompt; it is the same either way.
        named: Tells the folder of an adapter of a name, or that there is none; None: only the one that serves is known.
    """

    def __init__(
        self,
        base: str,
        adapter: Callable[[], Path],
        max_new_tokens: int = 96,
        batch: int = 32,
        lookup: bool = True,
        named: Callable[[str], Path] | None = None,
    ) -> None:
        self._name, self._serving, self._named = base, adapter, named
        self._longest, self._batch, self._lookup = max_new_tokens, batch, lookup
        self._turns = Turns()
        self._loading = threading.RLock()
        self._base: Base | None = None
        self._on: Attached | None = None
        self._bare, self._tuned, self._shares = _readings(), _readings(adapter_on=True), True

    @property
    def name(self) -> str:
        """The base's name."""
        return self._name

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn."""
        return self._turns.waiting

    @property
    def base(self) -> Base:
        """The loaded base.

        Raises:
            UserError: It can't be loaded.
        """
        with self._loading:
            if self._base is None:
                from assistant.engines.decoder import read_rest_only

                self._base = load_base(self._name)
                self._on = None
                read_rest_only(self._base.model)
                self._bare, self._tuned, self._shares = _readings(), _readings(adapter_on=True), True
            return self._base

    def identity(self, adapter: Adapter) -> str:
        """Return the fingerprints of base and adapter, and the answer's length limit."""
        with self._turns.turn():
            tuned = self._told_by(adapter)
            self._have([tuned])
            return f"{self.base.fingerprint}:{tuned.key or '-'}:{self._longest}:{self.base.precision.name}"

    def adapter_name(self) -> str:
        """Return the name of the adapter that serves; empty where there is none."""
        folder = self._serving()
        return folder.name if (folder / registry.MANIFEST).is_file() else ""

    def room(self) -> int:
        """Return how many tokens a prompt may have beside its answer."""
        return self.base.window - self._longest

    def count(self, prompt: Sequence[Message]) -> int:
        """Return the tokens of a prompt."""
        return len(prompt_ids(self.base.tokenizer, prompt))

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        adapter: Adapters,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> list[Generated]:
        """Answer every prompt, those of similar length together; each batch takes a turn of its own.

        Prompts for different adapters stand in one batch where PEFT can mix them, else one adapter answers after the other.
        """
        rows = [self._prompt(prompt) for prompt in prompts]
        known = {one: self._told_by(one) for one in each(adapter, len(rows))}
        tuned = [known[one] for one in each(adapter, len(rows))]
        answers: dict[int, Generated] = {}
        for group in groups(tuned):
            order = sorted(group, key=lambda place: len(rows[place].ids))
            while order:
                places = order[: self._together([len(rows[place].ids) for place in order])]
                order = order[len(places) :]
                asked = time.perf_counter()
                with self._turns.turn(caller):
                    waited = time.perf_counter() - asked
                    made = self._answer(
                        [rows[place] for place in places],
                        [tuned[place] for place in places],
                        decoding,
                        caller,
                    )
                answers.update(
                    (place, replace(one, waited=waited)) for place, one in zip(places, made, strict=True)
                )
        return [answers[place] for place in range(len(rows))]

    def stream(
        self,
        prompt: Sequence[Message],
        adapter: Adapter,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> Iterator[str | Generated]:
        """Yield an answer as it is made, then the whole of it; closing the iterator stops the model at its next token."""
        import torch
        from transformers import TextIteratorStreamer

        row = self._prompt(prompt)
        asked = time.perf_counter()
        with self._turns.turn(caller):
            waited = time.perf_counter() - asked
            tuned = self._told_by(adapter)
            model = self._have([tuned])
            streamer = TextIteratorStreamer(self.base.tokenizer, skip_prompt=True, skip_special_tokens=True)
            stop = threading.Event()
            failure: list[BaseException] = []
            whole: list[int] = []
            # asked for here: this thread holds the turn until the answer ends, and the worker would wait for it forever
            leaves = Caller(caller.who, lambda: stop.is_set() or caller.gone())
            told, watch = self._told(model, [row], [tuned], decoding, leaves, soon=True)

            def run() -> None:
                try:
                    with torch.inference_mode(), adapters.switched(model, bool(tuned.key)):
                        made = model.generate(streamer=streamer, **told)
                        whole.extend(made[0, len(row.ids) :].tolist())
                except BaseException as error:  # handed to the caller's thread below
                    failure.append(error)
                    streamer.text_queue.put(streamer.stop_signal)

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
            yield self._read(row, whole, time.perf_counter() - watch.began, watch.prefill, waited)

    def _answer(
        self, rows: list[_Prompt], tuned: list[Tuned], decoding: Decoding, caller: Caller
    ) -> list[Generated]:
        import torch

        model = self._have(tuned)
        told, watch = self._told(model, rows, tuned, decoding, caller)
        longest = told["input_ids"].shape[1]
        with torch.inference_mode(), adapters.switched(model, any(one.key for one in tuned)):
            made: torch.Tensor = model.generate(**told)
        if caller.gone():
            raise CallerGone
        seconds, prefill = ((time.perf_counter() - watch.began) / len(rows), watch.prefill / len(rows))
        return [
            self._read(row, made[place, longest:].tolist(), seconds, prefill)
            for place, row in enumerate(rows)
        ]

    def _together(self, lengths: Sequence[int]) -> int:
        """Return how many of the next prompts, ascending in length, are answered at once: as their cache has room in memory."""
        config = self.base.model.config.get_text_config(decoder=True)
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        token = 2 * config.num_hidden_layers * heads * size * self.base.model.dtype.itemsize
        room = _SHARE * free_memory(self.base) / token
        fitting = [
            count
            for count, length in enumerate(lengths[: self._batch], 1)
            if count * (length + self._longest) <= room
        ]
        return max(fitting, default=1)

    def _told(
        self,
        model: Any,
        rows: list[_Prompt],
        tuned: list[Tuned],
        decoding: Decoding,
        caller: Caller,
        soon: bool = False,
    ) -> tuple[dict[str, Any], Watch]:
        """Return what `generate` is told, with what was read before put in, and the watch on it.

        Args:
            model: The base with adapters on it.
            rows: The prompts.
            tuned: What each is answered with, of one of `groups`.
            decoding: How tokens are chosen.
            caller: Who waits.
            soon: Whether somebody waits for the first token, rather than for all of several setups.
        """
        import torch

        from assistant.engines.decoder import Watch, arguments

        base, ids = self.base, [row.ids for row in rows]
        pad, device = int(base.tokenizer.pad_token_id or 0), base.precision.device
        longest = max(map(len, ids))
        watch = Watch(caller, longest)
        told: dict[str, Any] = {
            "input_ids": torch.tensor([[pad] * (longest - len(row)) + row for row in ids], device=device),
            "attention_mask": torch.tensor(
                [[0] * (longest - len(row)) + [1] * len(row) for row in ids], device=device
            ),
            "stopping_criteria": [watch],
            **arguments(base.tokenizer, ids, longest, self._ends(), self._longest, decoding, self._lookup),
            **self._begun(model, rows, tuned, soon and not tuned[0].key),
        }
        if len({one.key for one in tuned}) > 1:
            told |= adapters.mixed([one.key for one in tuned])
        return told, watch

    def _begun(self, model: Any, rows: list[_Prompt], tuned: list[Tuned], in_one: bool) -> dict[str, Any]:
        """Return what was read of prompts already: all before the header where the adapter acts from there on, else what a
        single prompt shares with earlier ones.

        Args:
            model: The base with adapters on it.
            rows: The prompts.
            tuned: What each is answered with; all of them act late, or none.
            in_one: Whether the rest is to be read in one pass, header and all: the first token comes sooner, but what was read is
                not there for the adapter.
        """
        if tuned[0].late and not in_one:
            before = len(header(self.base.tokenizer))
            cache = self._bare.cache(model, [row.ids[:-before] for row in rows], [row.splits for row in rows])
            more = adapters.going_on(model, len(rows)) if any(one.key for one in tuned) else {}
            return {"past_key_values": cache, **more}
        if len(rows) > 1 or not rows[0].splits or not self._shares:
            empty = empty_cache(self.base.model)
            return {} if empty is None else {"past_key_values": empty}
        end = rows[0].splits[-1]
        by = tuned[0].key
        kept = self._tuned if by else self._bare
        try:
            return {"past_key_values": kept.cache(model, [rows[0].ids[:end]], [rows[0].splits], by)}
        except UserError:  # layers of another kind: every prompt is read whole
            self._shares = False
            return {}

    def _told_by(self, adapter: Adapter) -> Tuned:
        """Return what answers: the base alone, the adapter that serves by now, or one of a name.

        Raises:
            UserError: There is no such adapter.
        """
        if adapter is False:
            return bare(self._serving())
        if adapter is True:
            return Tuned.of(self._serving())
        if self._named is None:
            raise UserError(
                f'There is no adapter "{adapter}" here: only the one that serves can be asked. Leave the name out.'
            )
        return Tuned.of(self._named(adapter))

    def _read(
        self, row: _Prompt, made: list[int], seconds: float, prefill: float, waited: float = 0.0
    ) -> Generated:
        from assistant.engines.decoder import circling

        ends = self._ends()
        length = next((place for place, token in enumerate(made) if token in ends), None)
        answer = made[: length if length is not None else circling(made)]
        text = str(self.base.tokenizer.decode(answer, skip_special_tokens=True)).strip()
        return Generated(text, len(row.ids), len(answer), length is not None, seconds, prefill, waited)

    def _ends(self) -> list[int]:
        return terminators(self.base.tokenizer, self.base.model.generation_config.eos_token_id)

    def _prompt(self, messages: Sequence[Message]) -> _Prompt:
        """Return a prompt's ids.

        Raises:
            NoRoom: They leave no room for the answer.
        """
        ids, room = prompt_ids(self.base.tokenizer, messages), self.room()
        if len(ids) > room:
            raise NoRoom(
                f'The prompt has {len(ids)} tokens, but "{self._name}" has room for {room} beside the answer. Ask a shorter '
                "question, or lower `k` in rungwise.toml."
            )
        return _Prompt(ids, boundaries(self.base.tokenizer, messages, ids))

    def _have(self, tuned: Sequence[Tuned]) -> Any:
        """Have adapters on the base, the first of them chosen, and return it with them; those that are on stay there.

        Raises:
            UserError: One is not whole, or not of this base.
        """
        base = self.base
        if self._on is not None and not self._on.suits(tuned):
            self._base = None  # whole weights lie where the base's own were: begin again with the bare base
            base = self.base
        if self._on is None:
            self._on = Attached(base)
        on, missing = self._on, self._on.missing(tuned)
        try:
            on.put_on(missing, tuned)
        except BaseException:
            self._base = None  # half of one may sit on the layers
            raise
        return on.model


def _readings(adapter_on: bool = False) -> Prefixes:
    return Prefixes(_KEPT, replace=True, adapter_on=adapter_on)


def rendered(engine: LocalEngine, prompt: Sequence[Message]) -> str:
    """Return the very text that the engine feeds its model for a prompt."""
    return prompt_text(engine.base.tokenizer, prompt)
