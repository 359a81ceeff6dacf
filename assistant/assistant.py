"""The assistant: one question in, one guarded reply out, in any of the four setups and their variants.

A chain of named steps over an engine and a library: remember, rewrite, retrieve, ask back or answer, check, repair. Knows nothing
of what the engine runs on, of files, or of scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from assistant.ask_back import asks_back
from assistant.engines.constrain import Constraint, constraint
from assistant.engines.engine import ANYBODY, Adapter, Caller, Decoding, Engine, Generated
from assistant.engines.shapes import fixed_values
from assistant.follow_up import complete, rewritten
from assistant.gate import AbstainedBy, Gate, abstention
from assistant.guard import Bounds, StreamGuard, guard
from assistant.guard.limits import STANDARD_ABSTENTIONS, Limits
from assistant.instructions import Instructions, Instructor
from assistant.memory import remembered, without_the_oldest
from assistant.prompt import messages
from assistant.reply import CaseLike, Citation, Question, Reply, Turns
from assistant.routing import Router, unrouted
from assistant.runnable import AnsweringRunnable, whole
from assistant.setup import AnySetup, Prompting, Setup, as_variant
from assistant.shots import Shots, with_shots, without_one
from assistant.work import Work
from finetune.form import Form, FormScore
from finetune.layout import Message
from foundation.discreet import asked
from foundation.errors import UserError
from foundation.files import sha256_text
from rag import Hit, Library, Viewer
from rag.attribution.support import Support, spans_of, support

_LONGEST_QUESTION = 4_000
_ONCE_MORE = "That answer does not keep the form: {broken}. Write it once more so that it does, and change nothing else."


class Assistant(AnsweringRunnable):
    """One assistant in four setups.

    Args:
        engine: What makes text.
        library: Where passages are found; None: only `prompt` and `lora` can be asked.
        form: The house's form.
        k: Passages a question.
        setup: What is used when a question does not say.
        gate: Decides from retrieval alone which questions are not asked of the model; None: all are.
        prompting: What prompts are made of besides, and which steps are taken; a variant changes it.
        shots: Returns what chooses the examples that a prompting shows; None: there are none.
        limits: What answers may not say; None: the instructions, and documents that the asker may not see.
        instructor: Tells the instructions by the wording that a prompting names; None: the built-in ones.
        router: Returns what tells the adapter of a question, for setups that are `+routed`.
    """

    def __init__(
        self,
        engine: Engine,
        library: Library | None,
        form: Form,
        k: int = 4,
        setup: AnySetup = Setup.HYBRID,
        gate: Gate | None = None,
        prompting: Prompting = Prompting(),  # noqa: B008  (frozen)
        shots: Callable[[Prompting], Shots] | None = None,
        limits: Limits | None = None,
        instructor: Instructor | None = None,
        router: Callable[[], Router] = unrouted,
    ) -> None:
        self.engine, self.library, self.form = engine, library, form
        self.k, self.setup, self.prompting, self.shots, self.router = k, setup, prompting, shots, router
        self.limits, self.instructor = limits or Limits(form, library), instructor or Instructor(form)
        # a shape that the abstention would break is read by a machine: there the model is asked after all
        self.gate = gate if gate is not None and abstention(form) is not None else None

    # asking

    def answer(
        self,
        question: str,
        conversation: Turns = (),
        setup: AnySetup | None = None,
        viewer: Viewer | None = None,
        caller: Caller = ANYBODY,
    ) -> Reply:
        """Answer one question.

        Raises:
            UserError: As `answer_cases`, or the model failed at it.
        """
        return self.answer_batch([(question, conversation)], setup or self.setup, viewer, caller)[0]

    def answer_batch(
        self,
        questions: Sequence[tuple[str, Turns]],
        setup: AnySetup,
        viewer: Viewer | None = None,
        caller: Caller = ANYBODY,
    ) -> list[Reply]:
        """Answer several questions at once in one setup, each with its earlier turns, in the same order.

        Raises:
            UserError: As `answer_cases`, or the model failed at a question.
        """
        cases = [Question(question, conversation, setup) for question, conversation in questions]
        return [whole(one) for one in self.answer_cases(cases, viewer, caller)]

    def answer_cases(
        self, cases: Sequence[CaseLike], viewer: Viewer | None = None, caller: Caller = ANYBODY
    ) -> list[Reply | Exception]:
        """Answer several questions at once, each in a setup of its own, in the same order.

        Where the model failed at one of them, the exception stands in its place: a timeout, a refusal, an error of its server.

        What is looked up for a question is looked up once for all its setups; those with the adapter off are answered together,
        then those with one on.

        Args:
            cases: The questions.
            viewer: Who asks, and as of when; None: somebody without groups, now.
            caller: Who waits for the answers.

        Raises:
            UserError: A setup needs an index or adapter that is not there, or a question is empty or too long.
            CallerGone: The caller left before the end.
        """
        looked_up: dict[tuple[str, int], tuple[Hit, ...]] = {}
        works = [self._prepared(case, viewer, caller, looked_up) for case in cases]
        self._write([work for work in works if not work.settled], caller)
        return [work.made.failure or self._repaired(work, self._reply(work), caller) for work in works]

    def stream_reply(
        self,
        question: str,
        conversation: Turns = (),
        setup: AnySetup | None = None,
        viewer: Viewer | None = None,
        caller: Caller = ANYBODY,
    ) -> Iterator[str | Reply]:
        """Yield the answer in pieces that may be shown, then the whole reply.

        Closing the iterator stops the model. What is settled before a model is asked, and what may be written once more
        (`repair`), comes in one piece.

        Raises:
            UserError: As `answer_cases`.
            CallerGone: As `answer_cases`.
        """
        work = self._prepared(Question(question, conversation, setup or self.setup), viewer, caller, {})
        if work.settled or work.prompting.repair:
            self._write([] if work.settled else [work], caller)
            if work.made.failure is not None:
                raise UserError(str(work.made.failure))
            reply = self._repaired(work, self._reply(work), caller)
            yield reply.text
            yield reply
            return
        gate = StreamGuard(self._bounds(work))
        leaves = Caller(caller.who, lambda: gate.stopped or caller.gone())
        for piece in self.engine.stream(work.prompt, work.tuned, work.decoding, leaves):
            if isinstance(piece, str):
                if shown := gate.feed(piece):
                    yield shown
                continue
            if rest := gate.close():
                yield rest
            work.made = piece
            yield self._reply(work)

    # what it is made of

    def hits(
        self,
        question: str,
        conversation: Turns,
        setup: AnySetup,
        viewer: Viewer | None = None,
        searched: str = "",
    ) -> tuple[Hit, ...]:
        """Return the passages for a question in a setup; none where it does not retrieve.

        Args:
            question: The newest question.
            conversation: Earlier turns.
            setup: How it is answered.
            viewer: Who asks.
            searched: What to search for; empty: the question, completed from the conversation by rules.

        Raises:
            UserError: The question is empty or too long, or there is no index.
        """
        _check(question)
        if not setup.retrieve:
            return ()
        if self.library is None:
            raise UserError(f'The setup "{setup}" needs an index, and there is none. Run `rungwise sync`.')
        return tuple(self.library.search(searched or complete(question, conversation), self.k, viewer))

    def messages(
        self, question: str, conversation: Turns, hits: Sequence[Hit], setup: AnySetup
    ) -> list[Message]:
        """Return the messages that the model is given, but for the examples that a prompting shows."""
        chunks = [hit.chunk for hit in hits]
        return messages(question, conversation, chunks, self.form, setup.retrieve, self._told(setup))

    def _told(self, setup: AnySetup) -> Instructions:
        return self.instructor.of(as_variant(setup).prompting(self.prompting).instructions, setup.retrieve)

    def answering(self, setup: AnySetup) -> list[Adapter]:
        """Return every adapter that may answer in a setup, as an engine is told; False: the base alone."""
        how = as_variant(setup)
        return self.router().answering if how.routed else [how.adapter]

    def fingerprint(self, setup: AnySetup) -> str:
        """Return a hash over everything that a setup's answers depend on, the documents included."""
        how = as_variant(setup)
        prompting = how.prompting(self.prompting)
        index = (
            f"{self.library.stamp}|{self.library.settings!r}"
            if self.library is not None and how.retrieve
            else "-"
        )
        gate = self.gate.mark if self.gate is not None and how.retrieve else ""
        told = self.messages("", (), (), how)  # the instructions, which the form and the setup make
        held = self._held(prompting)
        routed = self.router().mark if how.routed else ""
        shots = self.shots(prompting).mark if self.shots is not None and prompting.shots else ""
        weights = "+".join(self.engine.identity(one) for one in self.answering(how))
        return sha256_text(
            f"{weights}{routed}|{index}|{self.k if how.retrieve else 0}|{told}{gate}"
            f"|{prompting}|{held.mark if held else ''}|{shots}|{self.limits.mark}"
        )

    # the steps

    def _prepared(
        self,
        case: CaseLike,
        viewer: Viewer | None,
        caller: Caller,
        looked_up: dict[tuple[str, int], tuple[Hit, ...]],
    ) -> Work:
        """Take every step before a model writes the answer."""
        for text in (case.question, *(turn["content"] for turn in case.conversation)):
            asked(text)
        _check(case.question)
        how = as_variant(case.setup)
        prompting = how.prompting(self.prompting)
        decoding = Decoding(self._held(prompting), case.temperature, case.seed or 0)
        work = Work(case.question, how, prompting, decoding, viewer)
        completed = complete(case.question, case.conversation)
        work.tuned = self.router().route(completed).adapter if how.routed else how.adapter
        work.earlier = self._remembered(case.conversation, prompting)
        if how.retrieve:
            self._look_up(work, case.conversation, caller, looked_up)
        if prompting.ask_back:
            work.back = asks_back(case.question, case.conversation, work.hits, self.form)
        if not work.settled:
            self._lay_out(work)
        # told now: by the end of the answer another adapter may serve, and another index
        work.adapter = (
            work.tuned if isinstance(work.tuned, str) else self.engine.adapter_name() if work.tuned else ""
        )
        work.index = str(self.library.generation) if how.retrieve and self.library is not None else ""
        work.forgotten = len(case.conversation) - len(work.earlier)
        return work

    def _remembered(self, conversation: Turns, prompting: Prompting) -> list[Message]:
        turns = [Message(role=turn["role"], content=turn["content"]) for turn in conversation]
        begins = next((at for at, turn in enumerate(turns) if turn["role"] == "user"), len(turns))
        turns = turns[begins:]  # a greeting answers nothing
        return remembered(turns, prompting.memory, self.engine.count) if prompting.memory and turns else turns

    def _look_up(
        self,
        work: Work,
        conversation: Turns,
        caller: Caller,
        looked_up: dict[tuple[str, int], tuple[Hit, ...]],
    ) -> None:
        began = perf_counter()
        searched = complete(work.question, conversation)
        if work.prompting.rewrite and searched != work.question:
            searched = rewritten(work.question, conversation, lambda told: self._completed(told, caller))
            work.done("rewrite", perf_counter() - began)
            began = perf_counter()
        key = (searched, self.k)
        if key not in looked_up:
            looked_up[key] = self.hits(work.question, conversation, work.how, work.viewer, searched)
        work.hits = looked_up[key]
        # a model that is given no passage invents one; a label needs none
        work.nothing = not work.hits and not self.form.labels and abstention(self.form) is not None
        if self.gate is not None and self.library is not None:
            work.judged = self.gate.judge(self.library, searched, work.viewer)
        work.done("retrieve", perf_counter() - began)

    def _completed(self, told: list[Message], caller: Caller) -> str:
        """Return a question as the base completes it; nothing where there is no room, and the rules do."""
        room = self.engine.room()
        if room is not None and self.engine.count(told) > room:
            return ""
        return self.engine.generate([told], False, Decoding(), caller)[0].text

    def _lay_out(self, work: Work) -> None:
        """Write the prompt; what there is no room for is left out: examples first, then the oldest turns, then the last hits."""
        shots: list[Message] = []
        if self.shots is not None and work.prompting.shots:
            asked_for = complete(work.question, work.turns)
            shots = self.shots(work.prompting).chosen(asked_for, work.how.retrieve)
        room = self.engine.room()
        while True:
            told = self.messages(work.question, work.turns, work.hits, work.how)
            work.prompt = with_shots(told, shots)
            if room is None or self.engine.count(work.prompt) <= room:
                return
            if shots:
                # the nearest stands last
                shots = without_one(shots, first=work.prompting.shots_by == "nearest")
            elif work.earlier:
                work.earlier = without_the_oldest(work.earlier)
            elif len(work.hits) > 1:
                work.hits = work.hits[:-1]
            else:
                return  # the engine says how long it is, and what to do

    def _write(self, works: Sequence[Work], caller: Caller) -> None:
        """Have the model write answers: those with the adapter off together, then those with one on."""
        groups: dict[tuple[bool, Decoding], list[Work]] = {}
        for work in works:
            groups.setdefault((work.tuned is not False, work.decoding), []).append(work)
        for (_, decoding), group in sorted(groups.items(), key=lambda one: one[0][0]):
            named = [work.tuned for work in group]
            adapter = named[0] if len(set(named)) == 1 else named
            made = self.engine.generate([work.prompt for work in group], adapter, decoding, caller)
            for work, one in zip(group, made, strict=True):
                work.made = one

    def _repaired(self, work: Work, reply: Reply, caller: Caller) -> Reply:
        """Have an answer that breaks the form written once more; the first one stays where the second breaks it too."""
        if not work.prompting.repair or work.settled or reply.form.value or reply.abstained:
            return reply
        once_more = [
            *work.prompt,
            Message(role="assistant", content=work.made.text),
            Message(role="user", content=_ONCE_MORE.format(broken=reply.form.reason)),
        ]
        room = self.engine.room()
        if room is not None and self.engine.count(once_more) > room:
            return reply
        made = self.engine.generate([once_more], work.tuned, work.decoding, caller)[0]
        work.done("repair", made.seconds)
        second = replace(
            work,
            made=replace(
                made,
                seconds=work.made.seconds,
                prefill=work.made.prefill,
                tokens_in=work.made.tokens_in + made.tokens_in,
                tokens_out=work.made.tokens_out + made.tokens_out,
            ),
        )
        again = self._reply(second)
        if again.form.value:
            return replace(again, repaired=True)
        return replace(reply, timings=again.timings, steps=again.steps)

    def _reply(self, work: Work) -> Reply:
        hits, how = work.hits, work.how
        made = (
            Generated(work.back or abstention(self.form) or "", 0, 0, True, 0.0)
            if work.settled
            else work.made
        )
        safe = guard(made.text, self._bounds(work))
        low = work.low and not work.back
        abstained = low or self._abstains(safe.text)
        held = self._support(safe.text, work.question, hits) if how.retrieve and not work.back else ()
        return Reply(
            text=safe.text,
            raw=made.text,
            setup=how.setup,
            citations=tuple(_citation(number, hits, held) for number in safe.cited),
            hits=hits,
            timings=work.timings(made),
            tokens_in=made.tokens_in,
            tokens_out=made.tokens_out,
            finished=made.finished,
            abstained=abstained,
            removed=safe.removed,
            support=held,
            abstained_by=AbstainedBy.RETRIEVAL if low else AbstainedBy.MODEL if abstained else None,
            answerability=work.judged,
            form=self._checked(safe.text, len(hits), bool(work.back)),
            asked_back=bool(work.back),
            forgotten=work.forgotten,
            variant=str(how),
            steps=work.steps(),
            model=self.engine.name,
            adapter=work.adapter,
            index=work.index,
            prompt=tuple(work.prompt),
        )

    def _held(self, prompting: Prompting) -> Constraint | None:
        return constraint(self.form) if prompting.constrain else None

    def _bounds(self, work: Work) -> Bounds:
        """Return what an answer may not say."""
        said = (work.question, *(turn["content"] for turn in work.earlier if turn["role"] == "user"))
        return self.limits.of(self._told(work.how).whole, work.hits, said, work.viewer)

    def _checked(self, text: str, passages: int, asks: bool) -> FormScore:
        # a question back cites nothing
        return self.form.check(text, passages, answerable=False if asks else None)

    def _support(self, text: str, question: str, hits: Sequence[Hit]) -> tuple[Support, ...]:
        frame = (self.form.opening, self.form.closing)
        fixed = fixed_values(self.form.json_schema)
        return support(
            text,
            [hit.chunk for hit in hits],
            question,
            frame,
            lambda sentence: sentence in fixed or self._abstains(sentence),
        )

    def _abstains(self, text: str) -> bool:
        return self.form.abstains(text, STANDARD_ABSTENTIONS)


def _check(question: str) -> None:
    if not question.strip():
        raise UserError("The question is empty. Write what you want to know.")
    if len(question) > _LONGEST_QUESTION:
        raise UserError(
            f"The question has {len(question):,} letters, but {_LONGEST_QUESTION:,} are allowed. Ask a shorter one."
        )


def _citation(number: int, hits: Sequence[Hit], held: Sequence[Support]) -> Citation:
    hit = hits[number - 1]
    return Citation(
        number, hit.chunk.source, hit.chunk.label, hit.chunk.text, spans_of(held, number), hit.since
    )
