"""What the schema cannot say: rules between attributes, services and resources.

Each rule yields a problem for every place that breaks it, marked at the user's
own word.  Services switched off by profiles are not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from composer.errors import Problem, did_you_mean
from composer.graph import find_cycle
from composer.loader import check_reload, check_service
from composer.loader.check_service import Rule, Subject
from composer.loader.normalise import NAMESPACES
from composer.model.project import Project
from composer.model.service import Service
from composer.record import replace
from composer.source import Path, SourceMark

_ENGINES_OWN: Final = ("bridge", "host", "none")
_FEW: Final = 8
_NONE_FIRST: Final = "none of them can start first"
_NOT_ITSELF: Final = "a service cannot wait for itself: remove this dependency"


def problems(project: Project) -> list[Problem]:
    """Return everything that is wrong with `project` as a whole, and warnings."""
    known = {**project.services, **project.disabled}
    subjects = (Subject(project, service, known) for service in project.services.values())
    rules = (*_RULES, *check_service.RULES)
    found = [problem for at in subjects for rule in rules for problem in rule(at)]
    found += _sources(project)
    found += _external_volumes(project)
    found += _repeated_names(project)
    found += _cycles(project)
    found += check_reload.problems(project)
    return found


def references(project: Project) -> list[Problem]:
    """Return what is wrong with the names by which services refer to others and to resources."""
    known = {**project.services, **project.disabled}
    subjects = (Subject(project, service, known) for service in project.services.values())
    return [problem for at in subjects for rule in _REFERENCES for problem in rule(at)]


def agreed(project: Project) -> Project:
    """Return `project` with a scale written into `deploy` too, where both may stand."""
    services = {name: _agreed(one) for name, one in project.services.items()}
    return replace(project, services=services)


def _agreed(service: Service) -> Service:
    if service.scale is None or service.deploy is None:
        return service
    return replace(service, deploy=replace(service.deploy, replicas=service.scale))


def _networks(at: Subject) -> Iterator[Problem]:
    for key in at.service.networks:
        yield from _declared(at, "network", key, at.project.networks, ("networks", key))
    if at.service.network_mode and at.service.networks:
        yield at.problem(
            f"{at} has both network_mode and networks",
            "network_mode",
            help="remove one of them",
            note=("the other one", ("networks",)),
        )


def _volumes(at: Subject) -> Iterator[Problem]:
    for index, mount in enumerate(at.service.volumes):
        if mount.type == "volume" and mount.source:
            path = ("volumes", index, "source")
            yield from _declared(at, "volume", mount.source, at.project.volumes, path)


def _files(at: Subject) -> Iterator[Problem]:
    for index, config in enumerate(at.service.configs):
        path: Path = ("configs", index, "source")
        yield from _declared(at, "config", config.source, at.project.configs, path)
    for index, secret in enumerate(at.service.secrets):
        path = ("secrets", index, "source")
        yield from _declared(at, "secret", secret.source, at.project.secrets, path)
    for index, built in enumerate(at.service.build.secrets if at.service.build else ()):
        path = ("build", "secrets", index, "source")
        yield from _declared(at, "secret", built.source, at.project.secrets, path)


def _models(at: Subject) -> Iterator[Problem]:
    for key in at.service.models:
        yield from _declared(at, "model", key, at.project.models, ("models", key))


def _declared(
    at: Subject, kind: str, key: str, known: Mapping[str, object], path: Path
) -> Iterator[Problem]:
    if key not in known:
        yield at.problem(
            f"{at} uses {kind} {key!r}, which is not declared",
            *path,
            help=did_you_mean(key, known) or _declaration(at, kind, key, path),
            word=key,
        )


def _declaration(at: Subject, kind: str, key: str, path: Path) -> str:
    """Return where to declare what a service uses; what it extends may stand in another file."""
    if kind == "volume" and "/" in key:
        return f"a path begins with a dot: ./{key}"
    if kind == "network" and key in _ENGINES_OWN:
        return f"the engine's own network is asked for with network_mode: {key}"
    own, used = at.mark(), at.mark(*path)
    elsewhere = own and used and own.file.name != used.file.name
    where = f" of {own.file.name}" if own and elsewhere else ""
    or_else = f"; a directory is written ./{key}" if kind == "volume" else ""
    return f"declare it at the top level{where}, under {kind}s{or_else}"


def _dependencies(at: Subject) -> Iterator[Problem]:
    for name, dependency in at.service.depends_on.items():
        path = ("depends_on", name)
        if name not in at.known:
            message = f"{at} depends on {name!r}, which does not exist"
            yield at.problem(message, *path, help=_other_service(at, name), word=name)
        elif name in at.project.disabled and dependency.required:
            problem = at.problem(
                f"{at} depends on {name!r}, which is switched off",
                *path,
                help=_how_to_switch_on(at, name),
                word=name,
            )
            note = _note("its profiles", at.project.mark("services", name, "profiles"))
            yield replace(problem, notes=note)


def _other_service(at: Subject, name: str) -> str | None:
    near = did_you_mean(name, at.known, but=at.service.name)
    if near is not None or len(at.known) > _FEW:
        return near
    others = sorted(at.known.keys() - {at.service.name})
    return f"other services: {', '.join(others)}" if others else None


def _how_to_switch_on(at: Subject, name: str) -> str:
    flags = " or ".join(f"--profile {profile}" for profile in at.known[name].profiles)
    service = at.service
    named = [*service.links, *service.volumes_from]
    named += [str(getattr(service, key)).removeprefix("service:") for key in NAMESPACES]
    implied = name in (word.partition(":")[0] for word in named)
    return f"switch it on with {flags}" + ("" if implied else ", or say required: false")


def _build_contexts(at: Subject) -> Iterator[Problem]:
    contexts = at.service.build.additional_contexts if at.service.build else {}
    for key, value in contexts.items():
        name = value.removeprefix("service:")
        path = ("build", "additional_contexts", key)
        if name == value:
            continue
        if name not in at.known:
            message = f"build context {key!r} of {at} is service {name!r}, which does not exist"
            yield at.problem(message, *path, help=_other_service(at, name), word=name)
        elif at.known[name].build is None:
            message = f"build context {key!r} of {at} is service {name!r}, which is not built"
            hint = f"write docker-image://{at.known[name].image} for its image"
            yield at.problem(message, *path, help=hint, word=value)


_REFERENCES: Final[tuple[Rule, ...]] = (_networks, _volumes, _files, _models, _dependencies)
_RULES: Final[tuple[Rule, ...]] = (*_REFERENCES, _build_contexts)


def _sources(project: Project) -> Iterator[Problem]:
    """Check that configs and secrets say in one way where their content comes from."""
    for section, kind, ways in (
        ("configs", "config", ("file", "environment", "content")),
        ("secrets", "secret", ("file", "environment")),
    ):
        for key, entry in getattr(project, section).items():
            given = [way for way in ways if getattr(entry, way) is not None]
            mark = project.mark(section, key)
            if entry.external or entry.driver:
                continue
            if not given:
                choice = " or ".join((", ".join(ways[:-1]), ways[-1]))
                yield Problem(f"{kind} {key!r} has no source: write {choice}", mark)
            elif len(given) > 1:
                yield Problem(
                    f"{kind} {key!r} has several sources: {', '.join(given)}",
                    project.mark(section, key, given[1]),
                    help="keep one of them",
                    notes=_note("another one", project.mark(section, key, given[0])),
                )


def _external_volumes(project: Project) -> Iterator[Problem]:
    for key, volume in project.volumes.items():
        for name in ("driver", "driver_opts", "labels"):
            if volume.external and getattr(volume, name):
                yield Problem(
                    f"volume {key!r} is external, so {name!r} cannot be set here",
                    project.mark("volumes", key, name),
                    help=f"remove {name}, or external",
                    notes=_note("said here", project.mark("volumes", key, "external")),
                )


def _repeated_names(project: Project) -> Iterator[Problem]:
    owners: dict[str, list[str]] = defaultdict(list)
    for service in project.services.values():
        if service.container_name:
            owners[service.container_name].append(service.name)
    for name, services in owners.items():
        for other in services[1:]:
            yield Problem(
                f"services {services[0]!r} and {other!r} have the same container_name, {name!r}",
                project.mark("services", other, "container_name"),
                notes=_note(
                    "first used here", project.mark("services", services[0], "container_name")
                ),
            )


def _cycles(project: Project) -> Iterator[Problem]:
    """Yield one problem for each cycle that shares no service with another, the first fifty."""
    edges = {
        name: [other for other in one.depends_on if other in project.services]
        for name, one in project.services.items()
    }
    for _ in range(50):
        cycle = find_cycle(edges)
        if not cycle:
            return
        marks = [
            (f"{one!r} depends on {other!r}", mark and mark.on(other))
            for one, other in pairwise(cycle)
            for mark in (project.mark("services", one, "depends_on", other),)
        ]
        yield Problem(
            f"dependency cycle: {' -> '.join(cycle)}",
            marks[0][1],
            help=f"{_NONE_FIRST}: remove one of these dependencies" if marks[1:] else _NOT_ITSELF,
            notes=tuple((text, mark) for text, mark in marks[1:] if mark is not None),
        )
        edges = {name: [] if name in cycle else others for name, others in edges.items()}


def _note(text: str, mark: SourceMark | None) -> tuple[tuple[str, SourceMark], ...]:
    return () if mark is None else ((text, mark),)
