"""Answers held to a shape: at every token a model chooses only from what goes on to an answer of that shape.

The one home of llguidance beside `assistant.engines.shapes`: it tells which tokens a schema or a pattern allows (Willard and Louf
2023, arXiv 2307.09702; Geng et al. 2025, arXiv 2501.10868, compare such engines). Labels go by tokens: only the very tokens that
training teaches, as a label spelled in others is one that the adapter has never written. Knows nothing of models: it is handed
a tokenizer, the ids so far and the scores of what may come next.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from assistant.engines.shapes import Constraint, Kind, constraint, unheld
from finetune.render import answer_text, label_tokens
from foundation.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from llguidance import LLMatcher, LLTokenizer
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

__all__ = ["Constraint", "Held", "Kind", "constraint", "processor", "unheld"]

_PROBE = "§"


class Held:
    """Holds a batch of answers to a shape; transformers calls it a logits processor.

    Every row goes its own way. Ids may be taken back and given anew, as where guessed tokens are refused.

    Args:
        rows: Makes what follows one row's answer; called once for each row.
        begun: How many ids stand before the answers, padding included.
        ends: The ids that end an answer.
        pad: What stands after an end.
        longest: Tokens of the longest answer that there is, its end included; None: there is no longest.
    """

    def __init__(
        self, rows: Callable[[], _Row], begun: int, ends: Sequence[int], pad: int, longest: int | None = None
    ) -> None:
        self._new, self._begun, self._ends, self._pad = rows, begun, frozenset(ends), pad
        self._rows: list[_Row] = []
        self.longest = longest

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with -inf for every token that leads to no answer of the shape."""
        import numpy as np
        import torch

        answers = input_ids[:, self._begun :].tolist()
        while len(self._rows) < len(answers):
            self._rows.append(self._new())
        may = np.zeros(tuple(scores.shape), dtype=bool)
        for place, answer in enumerate(answers):
            if self._ends.isdisjoint(answer):
                self._rows[place].allow(answer, may[place])
            else:
                may[place, self._pad] = True
        return scores.masked_fill(~torch.from_numpy(may).to(scores.device), float("-inf"))


def processor(tokenizer: PreTrainedTokenizerBase, asked: Constraint, begun: int, ends: Sequence[int]) -> Held:
    """Return what holds the answers of one `generate`.

    Args:
        tokenizer: The base model's.
        asked: The shape.
        begun: How many ids stand before the answers in the ids that the processor sees: the padded prompt's length.
        ends: The ids that end an answer.

    Raises:
        UserError: The tokenizer is not of the fast kind, which llguidance needs.
    """
    pad = int(tokenizer.pad_token_id) if isinstance(tokenizer.pad_token_id, int) else ends[0]
    if asked.kind is Kind.CHOICE:
        allowed, longest = label_tokens(tokenizer, asked.labels, ends)
        return Held(lambda: _Choice(allowed), begun, ends, pad, longest)
    first = _first_matcher(tokenizer, asked, ends)
    return Held(lambda: _Matched(first.deep_copy()), begun, ends, pad)


class _Row(Protocol):
    """What may follow one answer."""

    def allow(self, answer: Sequence[int], may: NDArray[np.bool_]) -> None:
        """Set in `may` what may follow `answer`."""


class _Choice:
    """A walk along the labels' own tokens."""

    def __init__(self, allowed: Mapping[tuple[int, ...], Sequence[int]]) -> None:
        self._allowed = allowed

    def allow(self, answer: Sequence[int], may: NDArray[np.bool_]) -> None:
        following = self._allowed.get(tuple(answer))
        if following is None:  # a guessed token that will be refused: what follows it does not matter
            may[:] = True
        else:
            may[list(following)] = True


class _Matched:
    """A walk through a grammar."""

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher
        self._taken: list[int] = []

    def allow(self, answer: Sequence[int], may: NDArray[np.bool_]) -> None:
        import numpy as np

        if not self._go_to(answer):
            may[:] = True
            return
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        if (
            self._matcher.is_error()
        ):  # a bound of the parser was met: the rest is free, and the form's check sees it
            may[:] = True
            return
        flags = np.unpackbits(bits, bitorder="little")[: len(may)]
        may[: len(flags)] = flags

    def _go_to(self, answer: Sequence[int]) -> bool:
        """Take an answer's ids; return whether the grammar has them all."""
        shared = 0
        while shared < min(len(answer), len(self._taken)) and answer[shared] == self._taken[shared]:
            shared += 1
        if shared < len(self._taken):
            self._matcher.rollback(len(self._taken) - shared)
            del self._taken[shared:]
        rest = list(answer[shared:])
        count = self._matcher.try_consume_tokens(rest) if rest else 0
        self._taken += rest[:count]
        return count == len(rest)


_wrapped: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def _first_matcher(tokenizer: PreTrainedTokenizerBase, asked: Constraint, ends: Sequence[int]) -> LLMatcher:
    """Return a matcher at the beginning of an answer; each is made once for a tokenizer, as that takes up to a second."""
    from llguidance import LLMatcher

    known = _wrapped.setdefault(tokenizer, {})
    key = f"{asked.mark}|{sorted(ends)}"
    if key not in known:
        lead = _lead(tokenizer)
        grammar = f"start: {json.dumps(lead) + ' ' if lead else ''}answer\n{asked.grammar}"
        known[key] = LLMatcher(_tokens(tokenizer, ends), LLMatcher.grammar_from_lark(grammar), log_level=0)
        if known[key].is_error():  # it compiled without a tokenizer, so this is ours to mend
            raise RuntimeError(f"The grammar of the form was refused: {known.pop(key).get_error()}")
    matcher: LLMatcher = known[key]
    return matcher


def _tokens(tokenizer: PreTrainedTokenizerBase, ends: Sequence[int]) -> LLTokenizer:
    from llguidance.hf import from_tokenizer

    try:
        return from_tokenizer(tokenizer, eos_token=list(ends))  # type: ignore[arg-type]
    except ValueError as error:
        raise UserError(
            f"Answers can't be held to the form's shape with this base: its tokenizer is a {type(tokenizer).__name__}, and a "
            f"fast one is needed ({error}). Switch constrained decoding off, or choose another base in rungwise.toml."
        ) from None


def _lead(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the spaces that the chat template writes before an answer: those are what the model was trained to begin with."""
    try:
        before = answer_text(tokenizer, [{"role": "user", "content": "?"}], _PROBE).partition(_PROBE)[0]
    except ValueError:
        return ""
    return before if before.isspace() else ""
