"""Events folded into a picture of what happens: one row for each thing touched.

Pure: no clock, no terminal.  The wording is Docker Compose's, because scripts
look for it: `Container todo-app-1  Started`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import assert_never

from composer.model.events import (
    Event,
    Outcome,
    PlanStarted,
    Progress,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.names import Label, is_replacement_name
from composer.model.operations import (
    Await,
    BuildImage,
    ConfigureModel,
    Connect,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Deliver,
    Disconnect,
    Kill,
    Operation,
    Pause,
    PullImage,
    PullModel,
    PushImage,
    Remove,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    Rename,
    Restart,
    RunHook,
    RunProvider,
    Start,
    Stop,
    Unpause,
    UpdateContainer,
)
from composer.model.plan import Step
from composer.pattern import pattern
from composer.record import dataclass, field, replace

_LINES = 6
"""How many of a build's last lines are kept."""


_REPLACEMENT = pattern(r"(?<= )[0-9a-f]{12}_(?=.)")

_PROVIDING = {
    "up": ("Creating", "Created"),
    "stop": ("Stopping", "Stopped"),
    "down": ("Removing", "Removed"),
}
_UNSEEN = ("Waiting", "Pulling fs layer", "Preparing")
_UNDER_WAY = ("Downloading", "Pushing")


class Phase(Enum):
    PENDING = "pending"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing.  `status` is a word such as Creating; `text` what it says of itself.

    `parts` are the layers of a pull, by id; `lines` the last ones that a build
    printed; `seconds` how long it took once it is done.
    """

    subject: str
    status: str
    phase: Phase = Phase.WORKING
    text: str = ""
    parts: Mapping[str, Progress] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def current(self) -> int:
        return sum(part.current for part in self.parts.values())

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Picture:
    """All rows in the order of the plan; `replacing` are subjects in the middle of it.

    `restored` are those that have got their names back, since a successor failed.
    `left` are the steps that are not done, by id; `begun` those of them that are under way.
    """

    rows: Mapping[str, Row] = field(default_factory=dict)
    replacing: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    left: Mapping[str, Step] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()

    def count(self, *phases: Phase) -> int:
        return sum(row.phase in phases for row in self.rows.values())


@dataclass(frozen=True, slots=True)
class Wording:
    """What a step does to which things: `doing` while it runs, `done` afterwards."""

    subjects: tuple[str, ...]
    doing: str
    done: str


def advance(picture: Picture, event: Event) -> Picture:
    """Return the picture after `event`."""
    match event:
        case PlanStarted(steps):
            return _planned(picture, steps)
        case StepStarted(step):
            begun = picture.begun | {step.id}
            return replace(_started(picture, step.operation), begun=begun)
        case StepProgressed(step, progress):
            return _progressed(picture, step.operation, progress)
        case StepFinished(step):
            left = dict(picture.left)
            left.pop(step.id, None)
            over = _finished(picture, step.operation, event)
            return replace(over, left=left, begun=picture.begun - {step.id})
        case _:
            assert_never(event)


def speaks(operation: Operation) -> bool:
    """Say whether its progress is lines of output, and not how far it has come."""
    match operation:
        case BuildImage() | RunHook() | RunProvider() | Await(condition="hook_completed"):
            return True
        case _:
            return False


def wording(operation: Operation) -> Wording:  # noqa: C901 - a flat table
    """Return how an operation is spoken of."""
    match operation:
        case PullImage() | BuildImage() | PushImage() | RemoveImage():
            return _image_wording(operation)
        case CreateNetwork(spec):
            return _of("Network", spec.name, "Creating", "Created")
        case RemoveNetwork(name):
            return _of("Network", name, "Removing", "Removed")
        case CreateVolume(spec):
            return _of("Volume", spec.name, "Creating", "Created")
        case RemoveVolume(name):
            return _of("Volume", name, "Removing", "Removed")
        case CreateContainer(spec, instead_of):
            if Label.REPLACE in spec.labels:
                done = "Recreate" if instead_of else "Recreated"
                return _of("Container", spec.name, "Recreate", done)
            return _of("Container", spec.name, "Creating", "Created")
        case Rename(_, to) if is_replacement_name(to):
            return _of("Container", to, "Recreate", "Recreate")
        case Rename(_, to):
            return _of("Container", to, "Renaming", "Renamed")
        case UpdateContainer(container):
            return _of("Container", container, "Updating", "Updated")
        case Deliver(container):
            return _of("Container", container, "Reloading", "Reloaded")
        case Start(container):
            return _of("Container", container, "Starting", "Started")
        case Stop(container) if is_replacement_name(container):
            return _of("Container", container, "Recreate", "Recreated")
        case Stop(container):
            return _of("Container", container, "Stopping", "Stopped")
        case Restart(container):
            return _of("Container", container, "Restarting", "Started")
        case Pause(container):
            return _of("Container", container, "Pausing", "Paused")
        case Unpause(container):
            return _of("Container", container, "Unpausing", "Unpaused")
        case Kill(container):
            return _of("Container", container, "Killing", "Killed")
        case Remove(container):
            return Wording((f"Container {container}",), "Removing", "Removed")
        case Connect(container):
            return _of("Container", container, "Connecting", "Connected")
        case Disconnect(container):
            return _of("Container", container, "Disconnecting", "Disconnected")
        case RunHook(container, _, moment, index):
            return _of("Hook", f"{container} {moment}[{index}]", "Running", "Ran")
        case RunProvider(call):
            doing, done = _PROVIDING[call.command]
            return _of("Service", call.service, doing, done)
        case PullModel(model):
            return _of("Model", model, "Pulling", "Pulled")
        case ConfigureModel(spec):
            return _of("Model", spec.key, "Configuring", "Configured")
        case Await(_, containers, condition):
            completed = condition in ("service_completed_successfully", "hook_completed")
            subjects = tuple(f"Container {name}" for name in containers)
            return Wording(subjects, "Waiting", "Exited" if completed else "Healthy")
        case _:
            assert_never(operation)


def _image_wording(operation: PullImage | BuildImage | PushImage | RemoveImage) -> Wording:
    match operation:
        case PullImage(ref):
            return _of("Image", ref, "Pulling", "Pulled")
        case BuildImage(spec) if spec.check:
            return _of("Dockerfile of", spec.service, "Checking", "Checked")
        case BuildImage(spec):
            return _of("Image", spec.tags[0], "Building", "Built")
        case PushImage(ref):
            return _of("Image", ref, "Pushing", "Pushed")
        case RemoveImage(ref):
            return _of("Image", ref, "Removing", "Removed")


def _of(kind: str, name: str, doing: str, done: str) -> Wording:
    return Wording((_successor(f"{kind} {name}"),), doing, done)


def _successor(subject: str) -> str:
    """Return of whom a thing with a temporary name is spoken of: it is one row with the other."""
    return _REPLACEMENT.sub("", subject)


def _is_farewell(picture: Picture, operation: Operation) -> bool:
    """Say whether somebody is removed whose successor has a row already, which says enough."""
    match operation:
        case Remove(name) if is_replacement_name(name):
            return _successor(f"Container {name}") in picture.rows
        case _:
            return False


def _planned(picture: Picture, steps: tuple[Step, ...]) -> Picture:
    """Give everything that the steps are about its row."""
    rows = dict(picture.rows)
    for step in steps:
        for subject in wording(step.operation).subjects:
            if not _is_farewell(Picture(rows), step.operation):
                rows.setdefault(subject, Row(subject, "", Phase.PENDING))
    return replace(picture, rows=rows, left={step.id: step for step in steps})


def _started(picture: Picture, operation: Operation) -> Picture:
    words = wording(operation)
    if _is_farewell(picture, operation):
        return picture
    replacing = picture.replacing
    if words.doing == "Recreate":
        replacing |= {*words.subjects}
    rows = dict(picture.rows)
    for subject in words.subjects:
        status = "Recreate" if subject in replacing else words.doing
        spent = rows[subject].seconds if subject in rows else 0
        rows[subject] = Row(subject, status, seconds=spent)
    return replace(picture, rows=rows, replacing=replacing)


def _progressed(picture: Picture, operation: Operation, progress: Progress) -> Picture:
    rows = dict(picture.rows)
    for subject, row in _rows_of(picture, operation):
        if speaks(operation):
            new = tuple(progress.text.rstrip("\n").split("\n")) if progress.text.strip() else ()
            rows[subject] = replace(row, lines=(row.lines + new)[-_LINES:])
        elif progress.part:
            part = _part(row.parts.get(progress.part), progress)
            rows[subject] = replace(row, parts={**row.parts, progress.part: part})
        elif (text := _said_of(subject, operation, progress.text)) is not None:
            rows[subject] = replace(row, text=text)
    return replace(picture, rows=rows)


def _said_of(subject: str, operation: Operation, text: str) -> str | None:
    """Return what is said of one of the things that an operation is about, None for nothing.

    Of a wait for several containers one is told, by its name.
    """
    match operation:
        case Await(service, containers):
            who, _, rest = text.partition(": ")
            if who == service or subject == f"Container {who}":
                return rest
            return None if who in containers else text
        case _:
            return text


def _part(before: Progress | None, now: Progress) -> Progress:
    """Return where a layer stands: only its download counts, since it alone has a size."""
    total = max(now.total, before.total if before else 0)
    if now.text.startswith(_UNSEEN):
        current = 0
    elif now.text.startswith(_UNDER_WAY):
        current = now.current
    else:
        current = total
    text = now.text
    if text == "Extracting" and now.total:
        text += f" {100 * now.current // now.total}%"
    return Progress(text, now.part, min(current, total), total)


def _finished(picture: Picture, operation: Operation, end: StepFinished) -> Picture:
    words, outcome, error = wording(operation), end.outcome, end.error
    taken_over = words.done == "Recreated"
    replacing = picture.replacing - ({*words.subjects} if taken_over else set())
    rows = dict(picture.rows)
    for subject, row in _rows_of(picture, operation):
        if outcome is Outcome.FAILED:
            new = replace(row, status="Error", phase=Phase.FAILED, text=str(error))
        elif row.phase is Phase.FAILED:  # what was to follow is skipped, which says less
            new = row
        elif outcome is Outcome.SKIPPED:
            status = "Skipped" if end.cause else "Interrupted"
            new = replace(row, status=status, phase=Phase.SKIPPED, text="")
        elif error is not None:
            new = replace(row, status="Optional", phase=Phase.SKIPPED, text=str(error))
        elif subject in replacing or _is_farewell(picture, operation):
            new = row
        else:
            back = words.done == "Started" and subject in picture.restored
            new = Row(subject, "Restored" if back else words.done, Phase.DONE)
        rows[subject] = replace(new, seconds=row.seconds + end.seconds)
    restored = picture.restored | _given_back(operation)
    return replace(picture, rows=rows, replacing=replacing, restored=restored)


def _given_back(operation: Operation) -> frozenset[str]:
    """Return who has its name again that was set aside for a successor."""
    match operation:
        case Rename(aside, name) if is_replacement_name(aside) and not is_replacement_name(name):
            return frozenset({f"Container {name}"})
        case _:
            return frozenset()


def _rows_of(picture: Picture, operation: Operation) -> Iterator[tuple[str, Row]]:
    """Yield the rows that an operation is about; a step that never began may have none."""
    subjects = wording(operation).subjects
    if _is_farewell(picture, operation):
        subjects = tuple(_successor(subject) for subject in subjects)
    for subject in subjects:
        if row := picture.rows.get(subject):
            yield subject, row
