"""Small compose files, each brought up by Docker Compose and by composer.

A case is a YAML file, or a folder with a compose.yaml; comments at its top say how
it is brought up:

    # up: --scale web=2              arguments of `up`, beside --detach
    # flags: -f a.yaml -f b.yaml     global flags
    # environment: A=1 B='two words' variables, beside those of every case
    # before: docker network create $P-outside
    # api: 1.51                      only asked for: the recorder says it is such an engine
    # with: buildx                   builds go through buildx
    # fails: why                     neither program brings it up; with "before API 1.44"
                                     in it, not on an older engine than that

Every case has COMPOSE_PROJECT_NAME and P, a name that nobody else has; PORT1 to PORT4,
free ports of the host; NET, the first three numbers of a network that nobody has, and
SIX, the second and third of one of IPv6.
Both are given the same of all this, and a directory of the same path.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from composer.engine.docker.address import resolve
from composer.engine.docker.api import Api, parse
from composer.engine.docker.wire import Question, Wire
from composer.errors import EngineError, NotFound
from composer.model.names import Label
from support.alike import Seen, differing, normalised
from support.cli import ROOT, Ran, free_port, run
from support.peer import docker_compose, with_buildx
from support.recorder import recording

FILES = ROOT / "tests" / "state" / "files"
WAYS = ("from Docker Compose", "to Docker Compose")
OURS = (sys.executable, "-m", "composer")
_DIRECTIVE = re.compile(r"^# (up|flags|environment|before|api|with|fails): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    path: Path
    said: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.path.parent.name if self.path.stem == "compose" else self.path.stem

    def __getitem__(self, directive: str) -> str:
        return dict(self.said).get(directive, "")

    @property
    def can_be_adopted(self) -> bool:
        """Whether both programs bring it up, on every engine."""
        return not self["api"] and not self["fails"] and not ends_otherwise(self)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What a program is given to bring the case up."""
        return *shlex.split(self["flags"]), "up", "--detach", *shlex.split(self["up"])

    def copy(self, directory: Path) -> None:
        """Make `directory` anew, with the case's files and nothing else."""
        shutil.rmtree(directory, ignore_errors=True)
        if self.path.stem == "compose":
            shutil.copytree(self.path.parent, directory)
        else:
            directory.mkdir(parents=True)
            shutil.copy(self.path, directory / "compose.yaml")


def cases() -> list[Case]:
    """Return all cases, by name."""
    paths = [*FILES.glob("*.yaml"), *FILES.glob("*/compose.yaml")]
    return sorted((_case(path) for path in paths), key=str)


def _case(path: Path) -> Case:
    return Case(path, tuple(_DIRECTIVE.findall(path.read_text())))


@dataclass(frozen=True)
class Compared:
    """What two programs make of a case.

    `differing`: what was asked of the engine, or made by it, in two ways, theirs and ours.
    `touched`: what the `up` of one did to what the other had brought up, by way (WAYS) and
    container: "replaced", "restarted", "removed" or "new".  `left`: what services would
    feel of another `up` of composer, which has brought them up, but for starting what has ended.
    """

    differing: dict[str, tuple[Any, Any]]
    touched: dict[str, dict[str, str]]
    left: dict[str, str]


def compared(case: Case, directory: Path) -> Compared:
    """Bring a case up with either program, and have the other one take over.

    A job that has ended is run again by either.  What the first one refuses cannot be
    taken over.
    """
    given = variables(case, directory)
    programs = (docker_compose(),), OURS
    found, ran, touched, left = [], [], {}, {}
    for way, program, other in zip(WAYS, programs, reversed(programs), strict=True):
        case.copy(directory)
        seen, touched[way], left[way] = _brought_up(case, directory, program, other, given)
        found.append(normalised(seen, given))
        ran.append((min(seen.ran.code, 1), seen.ran.err))
    expected = 1 if (case["fails"] and holds(case["fails"])) or case["api"] else 0
    if {code for code, _ in ran} != {expected}:
        return Compared({"exit code": (ran[0], ran[1])}, touched, left[WAYS[1]])
    return Compared(differing(*found), touched, left[WAYS[1]])


def _left(
    case: Case, directory: Path, program: tuple[str, ...], environment: dict[str, str]
) -> dict[str, str]:
    """Return what services would feel of another `up`, but for starting what has ended."""
    flags = shlex.split(case["flags"])
    words = (*flags, "plan", "--json", *shlex.split(case["up"]))
    plan = run(*program, *words, cwd=directory, env=environment)
    assert plan.code == 0, plan.err
    effects = json.loads(plan.out)["effects"].items()
    return {name: effect for name, effect in effects if effect not in ("nothing", "start")}


def _touched(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]], project: str
) -> dict[str, str]:
    found = {name: _fate(before, after, name) for name in sorted({*before, *after})}
    return {name.removeprefix(f"{project}-"): fate for name, fate in found.items() if fate}


def _lives(wire: Wire, project: str) -> dict[str, tuple[str, str]]:
    """Return the id of each container, and since when it runs if it does, by name."""
    asked = [Question(f"/containers/{c['Id']}/json") for c in _containers(wire, _of(project))]
    return {
        one["Name"].lstrip("/"): (
            one["Id"],
            one["State"]["StartedAt"] if one["State"]["Running"] else "",
        )
        for one in wire.ask(asked)
    }


def _fate(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]], name: str
) -> str:
    if name not in before:
        return "new"
    if name not in after:
        return "removed"
    (old, since), (new, now) = before[name], after[name]
    if old != new:
        return "replaced"
    return "restarted" if since and since != now else ""


def variables(case: Case, directory: Path) -> dict[str, str]:
    """Return the environment of a case that is in `directory`."""
    project = f"cs{uuid4().hex[:8]}"
    words = (word.partition("=") for word in shlex.split(case["environment"]))
    buildx = with_buildx(directory.with_suffix(".docker")) if case["with"] == "buildx" else {}
    return {
        **buildx,
        "HOME": str(directory),
        "PATH": os.environ["PATH"],
        "COMPOSE_PROJECT_NAME": project,
        "P": project,
        "NET": f"10.{random.randint(220, 250)}.{random.randint(0, 255)}",
        "SIX": f"{random.randint(16, 65535):x}:{random.randint(16, 65535):x}",
        **{f"PORT{number}": str(free_port()) for number in range(1, 5)},
        **{name: value for name, _, value in words},
    }


def _brought_up(
    case: Case,
    directory: Path,
    program: tuple[str, ...],
    other: tuple[str, ...],
    environment: dict[str, str],
) -> tuple[Seen, dict[str, str], dict[str, str]]:
    """Return what came of `up`, what the other program touched, and what composer left to do.

    Nothing of it stays.
    """
    engine, project = resolve(os.environ), environment["P"]
    try:
        if case["before"]:
            _shell(case["before"], directory, environment)
        with recording(engine, case["api"]) as (recorder, url), closing(Wire(engine)) as wire:
            given = {**environment, "DOCKER_HOST": url}
            ran = run(*program, *case.arguments, cwd=directory, env=given)
            assert "Traceback" not in ran.err, ran.err
            seen = Seen(ran, _names(wire, project), [*recorder.noted], *_look(wire, project))
            before = _lives(wire, project)
            if ran.code or not case.can_be_adopted:
                return seen, {}, {}
            left = _left(case, directory, program, environment) if program is OURS else {}
            again = run(*other, *case.arguments, cwd=directory, env=environment)
            assert again.code == 0, again.err
            return seen, _touched(before, _lives(wire, project), project), left
    finally:
        with closing(Wire(engine)) as wire:
            _remove(wire, project)


def _shell(command: str, directory: Path, environment: Mapping[str, str]) -> Ran:
    ran = run("sh", "-ec", command, cwd=directory, env=dict(environment))
    assert ran.code == 0, ran.err
    return ran


def _look(wire: Wire, project: str) -> tuple[list[Any], ...]:
    """Return what `docker inspect` says of containers, networks, volumes, images of the project."""
    ours = _of(project)
    containers = [f"/containers/{one['Id']}/json" for one in _containers(wire, ours)]
    networks = [f"/networks/{one['Id']}" for one in wire.get("/networks", {"filters": ours})]
    images = [f"/images/{tag}/json" for one in _images(wire, project) for tag in one["RepoTags"]]
    volumes = wire.get("/volumes", {"filters": ours})["Volumes"] or []
    return _ask(wire, containers), _ask(wire, networks), volumes, _ask(wire, images)


def _ask(wire: Wire, paths: list[str]) -> list[Any]:
    answers = wire.ask(Question(path) for path in paths)
    for answer in answers:
        assert not isinstance(answer, EngineError), answer
    return answers


def _names(wire: Wire, project: str) -> dict[str, str]:
    """Return the names of all containers and of the project's images, by their ids."""
    names = {one["Id"]: one["Names"][0].lstrip("/") for one in _containers(wire, {})}
    return names | {one["Id"]: min(one["RepoTags"]) for one in _images(wire, project)}


def _remove(wire: Wire, project: str) -> None:
    """Take away what belongs to the project, and what `before` made under its name."""
    ours = _of(project)
    for filters in (ours, {"name": [project]}):
        for one in _containers(wire, filters):
            with suppress(NotFound):  # the engine may be about to remove what did not start
                wire.delete(f"/containers/{one['Id']}", {"force": True, "v": True})
    for filters in (ours, {"name": [project]}):
        for one in wire.get("/networks", {"filters": filters}):
            wire.delete(f"/networks/{one['Id']}")
        for one in wire.get("/volumes", {"filters": filters})["Volumes"] or []:
            wire.delete(f"/volumes/{one['Name']}")
    for one in _images(wire, project):
        for tag in one["RepoTags"]:
            wire.delete(f"/images/{tag}", {"force": True})


def _of(project: str) -> dict[str, list[str]]:
    return {"label": [f"{Label.PROJECT}={project}"]}


def _containers(wire: Wire, filters: dict[str, list[str]]) -> list[Any]:
    found: list[Any] = wire.get("/containers/json", {"all": True, "filters": filters})
    return found


def _images(wire: Wire, project: str) -> list[Any]:
    found: list[Any] = wire.get("/images/json", {"filters": {"reference": [f"{project}-*"]}})
    return found


@cache
def on_purpose() -> dict[str, tuple[str, ...]]:
    """Return what differs in each file on purpose and on this engine: docs/compatibility.md."""
    return {file: parts if holds(cell) else () for file, cell, parts in _rows()}


def ends_otherwise(case: Case) -> bool:
    """Say whether the two programs end a case with different codes, on some engine."""
    return any(file == str(case) and "exit code" in parts for file, _, parts in _rows())


def _rows() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the rows of the table: a file, what is said of it, and the parts that this names."""
    text = (ROOT / "docs" / "compatibility.md").read_text()
    _, _, section = text.partition("## State that differs on purpose\n")
    section = section.partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| .+ \|$", section, re.MULTILINE)
    return [(file, cell, tuple(re.findall("`([^`]+)`", cell))) for file, cell in rows]


def holds(text: str) -> bool:
    """Say whether what is said of engines before some API holds for this one."""
    limit = re.search(r"before API ([0-9.]+)", text)
    return limit is None or _api() < parse(limit[1])


@cache
def _api() -> Api:
    with closing(Wire(resolve(os.environ))) as wire:
        return wire.api
