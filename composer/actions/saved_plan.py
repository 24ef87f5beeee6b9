"""Plans in files: written, read, and compared with what would be done now."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from composer.checksum import slow_digest
from composer.errors import PlanOutdated, Problem, UsageError
from composer.model.observed import Observed
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.saved_plan import FORMAT, VERSION, Asked, SavedPlan
from composer.planner.fingerprint import World, changed_states, moved, seals, strayed, world
from composer.record import fields, replace

_KINDS = tuple(one.name for one in fields(World))
_GONE = "gone"
_NO_FILE = "not a file"
"""What stands for the hash of a directory, or of a pipe: that would be waited for, or emptied."""


def made(asked: Asked, engine: str, project: Project, observed: Observed, plan: Plan) -> SavedPlan:
    """Return what is to be kept of a plan."""
    now = world(observed)
    return SavedPlan(
        project=project.name,
        engine=engine,
        asked=asked,
        files=_hashes(_files(project), asked.directory, project.name),
        world={kind: dict(getattr(now, kind)) for kind in _KINDS},
        steps=seals(plan.steps),
        renewed=tuple(loss.volume for loss in plan.losses if loss.target is None),
        losses=tuple(str(loss) for loss in plan.losses),
    )


def write(path: str, saved: SavedPlan) -> None:
    """Write the plan, for its owner's eyes; what stood there before stays until it is whole."""
    tree = {"format": FORMAT, "version": VERSION, **_tree(saved)}
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a device would be replaced by a file
        raise UsageError(f"--out {path}: it is not a regular file")
    try:
        with NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            try:
                json.dump(tree, file, indent=2, ensure_ascii=False)
                file.write("\n")
                file.flush()
                os.replace(file.name, target)
            except BaseException:
                with suppress(OSError):
                    os.unlink(file.name)
                raise
    except OSError as error:
        raise UsageError(
            f"--out {path}: {(error.strerror or 'it cannot be written').lower()}"
        ) from None


def read(path: str) -> SavedPlan:
    """Return the plan in a file; raises UsageError for a file that holds none."""
    try:
        tree = json.loads(Path(path).read_text())
    except OSError as error:
        raise UsageError(f"--plan {path}: {(error.strerror or '').lower()}") from None
    except ValueError:
        tree = None
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise UsageError(
            f"--plan {path}: this is not a plan of composer",
            help="'composer plan --out FILE' writes one",
        )
    if tree.get("version") != VERSION:
        raise UsageError(
            f"--plan {path}: its format is {tree.get('version')!r}, this composer reads {VERSION}",
            help="make a new plan with this composer",
        )
    try:
        return _saved(tree, path)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"--plan {path}: the plan is damaged", help="make a new plan") from None


def refuse_changed_files(saved: SavedPlan) -> None:
    """Raise PlanOutdated if a file that the plan was made of is another one now."""
    directory, project = saved.asked.directory, saved.project
    now = {name: _hash(os.path.join(directory, name), f"{project}/{name}") for name in saved.files}
    _refuse(
        saved,
        [
            f"{name} {_changed(was, now[name])}"
            for name, was in saved.files.items()
            if was != now[name]
        ],
    )


def _changed(was: str, now: str) -> str:
    return "was removed" if now == _GONE else "was created" if was == _GONE else "has changed"


def keeper(saved: SavedPlan, project: Project, engine: str) -> Callable[..., None]:
    """Return what raises PlanOutdated unless a plan is the one that was saved.

    It is called with the snapshot, the plan of all that is left to do, and the ids of the
    steps that are done.
    """

    def check(observed: Observed, plan: Plan, done: frozenset[str]) -> None:
        if done:
            left = {step: seal for step, seal in saved.steps.items() if step not in done}
            _refuse(saved, [*strayed(left, seals(plan.steps))], done=done)
            return
        now = world(observed)
        before = World(**{kind: saved.world[kind] for kind in _KINDS})
        found = [*_elsewhere(saved, project, engine), *moved(before, now)]
        if differing := [*strayed(saved.steps, seals(plan.steps))]:
            found += [*changed_states(before, now), *differing]
        _refuse(saved, found)

    return check


def _refuse(saved: SavedPlan, found: list[str], done: frozenset[str] = frozenset()) -> None:
    if not found:
        return
    problems = [
        Problem(f"{one} since the plan was made" if _is_past(one) else one) for one in found
    ]
    untouched = "nothing was done"
    if done:
        untouched = "an image or a provider gave something else; what ran before was not touched"
    help = f"{untouched}: make a new plan with 'composer plan --out {saved.path}'"
    problems[-1] = replace(problems[-1], help=help)
    raise PlanOutdated(problems)


def _is_past(text: str) -> bool:
    """Say whether a sentence tells what has happened since, and does not say so yet."""
    return not (text.startswith(("it would ", "the plan ")) or text.endswith("plan was made"))


def _elsewhere(saved: SavedPlan, project: Project, engine: str) -> Iterator[str]:
    if engine != saved.engine:
        yield f"the plan was made for the engine at {saved.engine}, this one is at {engine}"
    if project.name != saved.project:
        yield f"the plan is of project {saved.project!r}, this one is {project.name!r}"
    now = {*_found(_files(project), saved.asked.directory)}
    yield from (f"{name} is read as well, which is new" for name in sorted(now - {*saved.files}))


def _files(project: Project) -> Iterator[str]:
    """Yield the files that a plan is made of, as the user names them."""
    yield from sorted({mark.file.name for mark in project.marks.values()})
    yield from project.files
    yield from project.env_files
    yield os.path.join(project.directory, ".env")
    for service in project.services.values():
        yield from (one.path for one in service.env_file)
        yield from service.label_file
    for objects in (project.configs, project.secrets):
        yield from (one.file for one in objects.values() if one.file)


def _hashes(names: Iterable[str], directory: str, project: str) -> dict[str, str]:
    """Return the hashes of files; optional ones may be gone."""
    found = _found(names, directory).items()
    return {name: _hash(path, f"{project}/{name}") for name, path in found}


def _found(names: Iterable[str], directory: str) -> dict[str, str]:
    """Return where the files are that have names; those from elsewhere are left out.

    Two names of one file are one.
    """
    found: dict[str, str] = {}
    for name in names:
        if "://" not in name:
            found.setdefault(os.path.realpath(os.path.join(directory, name)), name)
    return {name: path for path, name in found.items()}


def _hash(path: str, salt: str) -> str:
    """Return a hash that gives away no content: some of these files hold passwords."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return _NO_FILE
        return slow_digest(Path(path).read_bytes(), salt)
    except OSError:
        return _GONE


def _tree(saved: SavedPlan) -> dict[str, Any]:
    asked = {one.name: getattr(saved.asked, one.name) for one in fields(Asked)}
    tree = {one.name: getattr(saved, one.name) for one in fields(SavedPlan) if one.name != "path"}
    return {**tree, "asked": asked}


def _saved(tree: Mapping[str, Any], path: str) -> SavedPlan:
    given = {one.name: tree[one.name] for one in fields(SavedPlan) if one.name != "path"}
    asked = Asked(**{one.name: tree["asked"][one.name] for one in fields(Asked)})
    given |= {"asked": asked, "renewed": tuple(tree["renewed"]), "losses": tuple(tree["losses"])}
    saved = SavedPlan(**given, path=path)
    for names in (saved.files, saved.steps, *(saved.world[kind] for kind in _KINDS)):
        if not all(isinstance(text, str) for pair in names.items() for text in pair):
            raise TypeError
    return saved
