"""Run a plan: one coordinator, a few workers, no locks.

The coordinator is the calling thread.  It owns all state, it is the only one to
emit events, and it sleeps on one inbox.  A worker makes one blocking call and
posts the result; a listener posts the engine's own events.  Nothing is shared,
so nothing needs a lock, and events have a total order that tests can assert.

Waiting costs no worker: a wait is judged from the state of its containers, and
when it is not met yet it is parked until the engine says that one of them
changed.  Events wake, state decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from composer.errors import Cancelled, EngineError, PlanFailed
from composer.executor.crew import Crew
from composer.executor.ctrl_c import interrupts, replies, unasked
from composer.executor.ending import hearing_the_ends, stopped_next
from composer.executor.forgiven import forgives
from composer.executor.hook import Hooks
from composer.executor.judge import Answer, Verdict
from composer.executor.lanes import Lanes
from composer.executor.listen import Heard, Listener, Lost
from composer.executor.messages import Finished, Interrupted, Judged, Message, Moved
from composer.executor.overhear import Overhearings
from composer.executor.parked import ParkedWait, Phase, Runs
from composer.executor.perform import perform
from composer.executor.together import bake, batch
from composer.executor.unbegun import Unbegun
from composer.executor.wait import explain, look
from composer.model.events import (
    Event,
    Outcome,
    PlanStarted,
    Progress,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.operations import Await, Start, Stop
from composer.model.plan import Plan, Step

if TYPE_CHECKING:
    from composer.engine.port import Engine

Emit = Callable[[Event], None]

_LOOK_AGAIN = 15.0
"""After how many seconds without news waits are looked at: what never comes is no event."""


def execute(
    plan: Plan,
    engine: Engine,
    emit: Emit,
    *,
    project: str = "",
    parallel: int | None = None,
    until: Collection[str] = (),
) -> None:
    """Run every step of `plan`, each once all steps that it is `after` are done.

    `parallel` is how many calls on the engine may be in flight, None for as many as
    there are steps.  A wait is no call, and looking whether it is over is a short one.

    With `until` the run is over once these steps are done: what is in flight ends,
    what has not begun is left, and waits that are not met yet, without a word.

    `project` names whose events wake the waits.  After a failure no new step
    begins, those in flight end, and the rest is skipped; then PlanFailed is raised.
    Ctrl-C does the same and raises Cancelled; a second one KeyboardInterrupt at once.
    """
    if plan.steps:
        _Coordinator(plan, engine, emit, project, parallel, until).run()


class _Coordinator:
    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        emit: Emit,
        project: str,
        parallel: int | None,
        until: Collection[str],
    ) -> None:
        self._steps = {step.id: step for step in plan.steps}
        self._unbegun = Unbegun(self._steps)
        self._engine = engine
        self._emit = emit
        self._project = project
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._lanes = Lanes(parallel)
        self._crew = Crew(2 * parallel if parallel else len(self._steps))  # half of it judges
        self._first_start: float | None = None
        self._begun: dict[str, float] = {}
        self._flying: set[str] = set()
        self._waits: dict[str, ParkedWait] = {}
        self._runs = Runs()
        self._until = set(until) or set(self._steps)
        self._failures: dict[str, BaseException] = {}
        self._done: list[str] = []
        self._cancelled = False
        self._listener: Listener | None = None
        self._commands = Hooks()
        self._hooks = Overhearings(engine, lambda id, said: self._inbox.put(Moved(id, said)))
        self._deaf: BaseException | None = None

    def run(self) -> None:
        with interrupts(lambda: self._inbox.put(Interrupted()), self._steps.values()):
            self._run()
        self._hear_late_interrupt()
        self._skip_the_rest()
        if self._cancelled:
            raise Cancelled
        if self._failures:
            raise PlanFailed(self._failures, done=self._done, skipped=self._unbegun)

    def _run(self) -> None:
        try:
            self._emit(PlanStarted(tuple(self._steps.values())))
            with self._hearing_the_ends() as heard:
                if not heard or any(isinstance(s.operation, Await) for s in self._steps.values()):
                    self._listen()
                self._begin(self._unbegun.ready())
                while self._flying or (self._waits and self._until):
                    self._turn()
        finally:
            if self._listener is not None:
                self._listener.close()
            self._hooks.close()
            self._crew.dismiss()

    def _hear_late_interrupt(self) -> None:
        """Notice a Ctrl-C that came together with the end of the last step."""
        with suppress(Empty):
            while True:
                if isinstance(self._inbox.get_nowait(), Interrupted):
                    self._cancelled = True

    def _turn(self) -> None:
        """Take one message and act on it."""
        try:
            message = self._inbox.get(timeout=self._patience())
        except Empty:
            self._expire()
            return
        match message:
            case Interrupted():
                self._cancelled = True
                self._commands.let_go()
                self._engine.let_builds_go()
                self._give_up_waiting()
                for reply in replies(map(self._steps.__getitem__, sorted(self._flying))):
                    self._emit(reply)
            case Finished(step_id, error):
                self._finish(step_id, error)
            case Moved(step_id, progress):
                self._emit(StepProgressed(self._steps[step_id], progress))
                if self._cancelled:  # it may be a build that had only just begun
                    self._engine.let_builds_go()
            case Judged(step_id, verdict):
                self._ruled(step_id, verdict)
            case Heard() as news:
                self._hear(news)
            case Lost(error):
                self._deaf = error
                self._hear(Heard(""))

    # -- steps ---------------------------------------------------------------------------

    @property
    def _goes_on(self) -> bool:
        return bool(self._until) and not self._failures and not self._cancelled

    def _begin(self, step_ids: Iterable[str]) -> None:
        """Begin steps, each as soon as there is room for its call; waits at once."""
        ready = [self._steps[step_id] for step_id in step_ids]
        if not ready or not self._goes_on:
            return
        builds = batch(ready, self._unbegun.blocked, self._steps)
        if len(builds) > 1 and self._engine.bakes():
            self._lanes.queue(*builds)
            ready = [step for step in ready if step not in builds]
        for step in ready:
            if isinstance(step.operation, Await):
                self._note_begin(step)
                self._hooks.begin(step)
                self._consider(step.id, step.operation)
            else:
                self._lanes.queue(step)
        self._fill()

    def _fill(self) -> None:
        """Begin what there is room for."""
        while self._goes_on and (steps := self._lanes.take()):
            for step in steps:
                self._note_begin(step)
                self._flying.add(step.id)
            if len(steps) > 1:
                self._crew.do(bake, steps, self._engine, self._inbox.put)
            else:
                self._crew.do(self._work, steps[0])

    def _note_begin(self, step: Step) -> None:
        self._unbegun.begin(step.id)
        self._begun[step.id] = time.monotonic()
        if self._first_start is None and isinstance(step.operation, Start | Await):
            self._first_start = self._begun[step.id]
        self._emit(StepStarted(step))

    def _work(self, step: Step) -> None:
        """Runs in a worker."""
        try:
            perform(
                step.operation,
                self._engine,
                lambda progress: self._inbox.put(Moved(step.id, progress)),
                self._commands,
            )
        except BaseException as error:  # a silent worker would leave the coordinator asleep
            self._inbox.put(Finished(step.id, error))
        else:
            self._inbox.put(Finished(step.id, None))

    def _finish(self, step_id: str, error: BaseException | None) -> None:
        if step_id not in self._flying and self._waits.pop(step_id, None) is None:
            return  # a wait that was given up meanwhile
        self._flying.discard(step_id)
        self._lanes.free(step_id)
        step = self._steps[step_id]
        seconds = time.monotonic() - self._begun[step_id]
        if isinstance(error, Cancelled) and (self._cancelled or self._failures):
            self._skip(step_id, seconds)
            return
        if error is not None and not forgives(step, error):
            self._failures[step_id] = error = unasked(step, error)
            self._emit(StepFinished(step, Outcome.FAILED, seconds, error))
            self._give_up_waiting()
            return
        self._done.append(step_id)
        self._until.discard(step_id)
        self._emit(StepFinished(step, Outcome.DONE, seconds, error))
        self._release(step_id, self._unbegun.followers(step_id))
        self._fill()

    def _release(self, step_id: str, followers: Iterable[str]) -> None:
        """Begin those of the followers that need wait for nobody else."""
        self._begin(self._unbegun.release(step_id, followers))

    def _skip_the_rest(self) -> None:
        """Tell of the steps that never began, each with the failure it suffers from."""
        if not self._failures and not self._cancelled:
            return
        for step_id in self._unbegun:
            self._skip(step_id)

    def _skip(self, step_id: str, seconds: float = 0.0) -> None:
        cause = next(iter(self._failures), None)
        self._emit(StepFinished(self._steps[step_id], Outcome.SKIPPED, seconds, cause=cause))

    # -- waits ---------------------------------------------------------------------------

    def _consider(self, step_id: str, wait: Await) -> None:
        """Have a wait judged by a worker."""
        unknown = Verdict(Answer.NOT_YET, wait.containers[0], "is not up")
        one = self._waits.setdefault(step_id, ParkedWait(wait, unknown, ended=self._runs.ended))
        one.phase, one.stale = Phase.JUDGING, False
        if one.told:
            self._inbox.put(Finished(step_id, None))
        elif self._deaf is not None:
            self._inbox.put(Finished(step_id, self._deaf))
        else:
            self._crew.do(self._judge, step_id, wait)

    def _judge(self, step_id: str, wait: Await) -> None:
        """Runs in a worker."""
        try:
            verdict = look(wait, self._engine)
            if verdict.answer is not Answer.NOT_YET:
                self._hooks.hear_out(step_id)
            self._inbox.put(Judged(step_id, verdict))
        except BaseException as error:  # a silent worker would leave the coordinator asleep
            self._inbox.put(Finished(step_id, error))

    def _ruled(self, step_id: str, verdict: Verdict) -> None:
        one = self._waits.get(step_id)
        if one is None or one.phase is not Phase.JUDGING:
            return
        one.verdict, one.judged = verdict, True
        if verdict.answer is Answer.MET:
            self._finish(step_id, None)
        elif verdict.answer is Answer.NEVER:
            self._end_badly(step_id, one)
        elif one.stale:
            # news came while the judgement was on its way: it may be about an older state
            self._consider(step_id, one.wait)
        else:
            one.phase = Phase.PARKED
            if step_id not in self._hooks:  # what it says tells more
                who = verdict.container if len(one.wait.containers) > 1 else one.wait.service
                progress = Progress(f"{who}: {verdict.standing}")
                self._emit(StepProgressed(self._steps[step_id], progress))

    def _end_badly(self, step_id: str, one: ParkedWait) -> None:
        """Have a worker find out what to tell of a wait that failed."""
        one.phase = Phase.ENDING
        self._crew.do(self._explain, step_id, one.wait, one.verdict)

    def _explain(self, step_id: str, wait: Await, verdict: Verdict) -> None:
        """Runs in a worker."""
        try:
            error: BaseException = explain(wait, verdict, self._engine)
        except BaseException as unexpected:  # a silent worker would leave the coordinator asleep
            error = unexpected
        self._inbox.put(Finished(step_id, error))

    def _hear(self, news: Heard) -> None:
        self._runs.hear(news)
        if news.action == "die":
            self._ended(news.container)
        self._wake(news)

    def _wake(self, news: Heard) -> None:
        for step_id, one in list(self._waits.items()):
            if news.container and news.container not in one.wait.containers:
                continue
            one.hear(news)
            if one.told:
                self._finish(step_id, None)
            elif one.phase is Phase.PARKED:
                self._consider(step_id, one.wait)
            elif one.phase is Phase.JUDGING:
                one.stale = True

    def _ended(self, container: str) -> None:
        """Stop who may be stopped after `container`: its processes are gone.

        The engine tidies up after them before it answers, and that is nobody's concern.
        """
        for step_id in [*self._flying]:
            step = self._steps[step_id]
            if isinstance(step.operation, Stop) and step.operation.container == container:
                self._release(step_id, self._stopped_after(step))

    def _patience(self) -> float | None:
        """Return for how many seconds nothing needs to be done unasked."""
        ends = [end for one in self._waits.values() if (end := self._end(one)) is not None]
        left = min(ends) - time.monotonic() if ends else _LOOK_AGAIN
        return min(max(0.0, left), _LOOK_AGAIN) if self._waits else None

    def _end(self, one: ParkedWait) -> float | None:
        if one.wait.timeout is None or one.phase is Phase.ENDING or self._first_start is None:
            return None
        return self._first_start + one.wait.timeout

    def _expire(self) -> None:
        for step_id, one in list(self._waits.items()):
            end = self._end(one)
            if end is not None and end <= time.monotonic():
                self._end_badly(step_id, one)
        self._wake(Heard(""))

    def _give_up_waiting(self) -> None:
        """Stop waiting: after a failure or Ctrl-C nothing would come of it.

        Waits that have failed as well may still tell why, unless the user is in a hurry.
        """
        for step_id, one in list(self._waits.items()):
            if one.phase is Phase.ENDING and not self._cancelled:
                continue
            del self._waits[step_id]
            self._skip(step_id, time.monotonic() - self._begun[step_id])

    # -- the engine's events -------------------------------------------------------------

    def _hearing_the_ends(self) -> AbstractContextManager[bool]:
        steps = self._steps.values()
        awaited = [step for step in steps if any(self._stopped_after(step))]
        return hearing_the_ends(awaited, steps, self._engine, self._inbox.put)

    def _stopped_after(self, step: Step) -> Iterator[str]:
        return stopped_next(step, self._unbegun.followers(step.id), self._steps)

    def _listen(self) -> None:
        """Hear of changes; whatever a broken stream missed is found by looking at every wait.

        Where nobody waits, news only make stops quicker: without them it goes on as well.
        """
        try:
            self._listener = Listener(lambda: self._engine.changes(self._project), self._inbox.put)
        except EngineError:
            if any(isinstance(step.operation, Await) for step in self._steps.values()):
                raise
