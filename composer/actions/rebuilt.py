"""What became of the cache in builds, and why: for `build --why`.

What a build depended on is kept in the user's cache, a small list of digests for each image;
a file is read again only when its size or its time has changed.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from threading import Thread

from composer.checksum import sha256_hex
from composer.dockerfile import bases, instructions
from composer.engine.bake import is_remote
from composer.engine.context import entries, ignored
from composer.engine.port import Engine
from composer.executor.run import Emit
from composer.model.built import Inputs, Rebuilt
from composer.model.events import Event, Outcome, PlanStarted, StepFinished, StepProgressed
from composer.model.operations import BuildImage
from composer.model.plan import Plan
from composer.model.resources import BuildSpec
from composer.planner.rebuilt import built_steps, rebuilt

_VERSION = 1
_LARGE = 8 << 20
"""Files of more bytes are known by their size and time alone."""


class Memory:
    """What builds depended on, below `directory`; what cannot be kept there is forgotten."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def recall(self, project: str, spec: BuildSpec) -> Inputs | None:
        try:
            with open(self._path(project, spec), encoding="utf-8") as file:
                kept = json.load(file)
            return Inputs(
                files={name: tuple(one) for name, one in kept["files"].items()},
                instructions=tuple(kept["instructions"]),
                args=kept["args"],
                bases=kept["bases"],
                at=kept["at"],
                builder=kept["builder"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, project: str, spec: BuildSpec, inputs: Inputs) -> None:
        path = self._path(project, spec)
        kept = {
            "files": inputs.files,
            "instructions": inputs.instructions,
            "args": inputs.args,
            "bases": inputs.bases,
            "at": inputs.at,
            "builder": inputs.builder,
        }
        with suppress(OSError):
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
                json.dump(kept, file)
            os.replace(file.name, path)

    def _path(self, project: str, spec: BuildSpec) -> str:
        """Return where it is kept; two directories may hold projects of one name."""
        key = json.dumps([_VERSION, project, spec.service, spec.tags[0], spec.build.context])
        return os.path.join(self._directory, sha256_hex(key.encode())[:32])


class Watched:
    """Notes, beside the builds of `plan`, what they depend on, and hears how they go."""

    def __init__(self, plan: Plan, project: str, engine: Engine, memory: Memory) -> None:
        self._specs = {
            step.id: step.operation.spec
            for step in plan.steps
            if isinstance(step.operation, BuildImage) and not step.operation.spec.check
        }
        self._project = project
        self._memory = memory
        self._engine = engine
        self._said: dict[str, list[str]] = {id: [] for id in self._specs}
        self._done: set[str] = set()
        self._before = {id: memory.recall(project, spec) for id, spec in self._specs.items()}
        self._now: dict[str, Inputs] = {}
        self._noting = Thread(target=self._note, daemon=True)
        self._noting.start()

    def heard(self, emit: Emit) -> Emit:
        """Return what hears events and passes them on."""

        def hear(event: Event) -> None:
            if isinstance(event, StepProgressed) and event.step.id in self._said:
                self._said[event.step.id].append(event.progress.text)
            if isinstance(event, StepFinished) and event.outcome is Outcome.DONE:
                self._done.add(event.step.id)
            emit(event)

        return hear

    def keep(self, *, wait: bool = True) -> tuple[Rebuilt, ...]:
        """Keep what those that succeeded depended on; return what became of the cache in each.

        Who does not `wait` keeps what is known by now.
        """
        if wait:
            self._noting.join()
        found = []
        for id, spec in self._specs.items():
            now = self._now.get(id)
            if id not in self._done or now is None:
                continue
            steps = built_steps(self._said[id])
            found.append(rebuilt(spec, _dockerfile(spec), steps, self._before[id], now))
            self._memory.keep(self._project, spec, now)
        return tuple(found)

    def _note(self) -> None:
        """Runs beside the builds."""
        for id, spec in self._specs.items():
            with suppress(Exception):  # the build itself tells what is wrong
                self._now[id] = self._inputs(spec, self._before[id])

    def _inputs(self, spec: BuildSpec, before: Inputs | None) -> Inputs:
        text = _dockerfile(spec)
        files = {} if is_remote(spec.build.context) else dict(_files(spec, before))
        images = ((ref, self._engine.image(ref)) for ref in bases(text, spec.build.args))
        return Inputs(
            files=files,
            instructions=tuple(str(one) for one in instructions(text)),
            args={
                name: sha256_hex(value.encode())[:16]
                for name, value in spec.build.args.items()
                if value is not None
            },
            bases={ref: image.id for ref, image in images if image is not None},
            at=time.time(),
            builder="BuildKit" if self._engine.bakes() else "the classic builder",
        )


class Remembered:
    """Passes events on, and keeps what the builds among them depended on, without a word.

    It is kept beside what goes on, once the last build of a plan has ended.
    """

    def __init__(self, emit: Emit, project: str, engine: Engine, memory: Memory) -> None:
        self._emit = self._heard = emit
        self._project = project
        self._engine = engine
        self._memory = memory
        self._watched: Watched | None = None
        self._left: set[str] = set()
        self._keeping: list[Thread] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, PlanStarted):
            self._begin(event)
        self._heard(event)
        if isinstance(event, StepFinished) and event.step.id in self._left:
            self._left.remove(event.step.id)
            if not self._left:
                self._end()

    def close(self) -> None:
        """Wait until all is kept that is to be."""
        while self._keeping:
            self._keeping.pop().join()

    def _begin(self, event: PlanStarted) -> None:
        builds = tuple(one for one in event.steps if isinstance(one.operation, BuildImage))
        if builds:
            self._left = {step.id for step in builds}
            self._watched = Watched(Plan(builds), self._project, self._engine, self._memory)
            self._heard = self._watched.heard(self._emit)

    def _end(self) -> None:
        assert self._watched is not None
        self._keeping = [thread for thread in self._keeping if thread.is_alive()]
        self._keeping.append(Thread(target=self._watched.keep, daemon=True))
        self._keeping[-1].start()
        self._heard = self._emit


def _files(spec: BuildSpec, before: Inputs | None) -> Iterator[tuple[str, tuple[int, int, str]]]:
    known: Mapping[str, tuple[int, int, str]] = before.files if before else {}
    matcher = ignored(spec.build).matcher()
    for entry in entries(spec.build.context, matcher):
        status = entry.status
        if stat.S_ISDIR(status.st_mode) or not entry.name:
            continue
        size, changed = status.st_size, status.st_mtime_ns
        old = known.get(entry.name)
        if old is not None and old[:2] == (size, changed):
            yield entry.name, old
        else:
            yield entry.name, (size, changed, _digest(entry.path, status))


def _digest(path: str, status: os.stat_result) -> str:
    mode = f"{status.st_mode:o} "
    if stat.S_ISLNK(status.st_mode):
        return sha256_hex(f"{mode}{os.readlink(path)}".encode("utf-8", "surrogateescape"))[:16]
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGE:
        return f"{mode}{status.st_size} {status.st_mtime_ns}"
    with open(path, "rb") as file:
        return sha256_hex(mode.encode() + file.read())[:16]


def _dockerfile(spec: BuildSpec) -> str:
    from composer.loader.dockerfiles import text_of

    return text_of(spec.build)
