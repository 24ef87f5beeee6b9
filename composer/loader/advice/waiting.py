"""Advice on waits: who waits for what, and whether that can happen."""

from __future__ import annotations

from collections.abc import Iterator

from composer.errors import Problem
from composer.loader.advice import databases
from composer.loader.advice.scene import At
from composer.model.service import Dependency, Service

_ATTENDANTS = (
    "adminer",
    "phpmyadmin",
    "phppgadmin",
    "pgadmin4",
    "mongo-express",
    "pgweb",
    "kibana",
)
"""Tools that look at a database when somebody asks them to, or wait for it by themselves."""


def no_healthcheck(at: At) -> Iterator[Problem]:
    for name, awaited in _awaited(at, "service_healthy"):
        check = awaited.healthcheck
        if awaited.provider is None and (check is None or not (check.test or check.disable)):
            yield at.say(
                f"{at.service.name!r} waits until {name!r} is healthy, "
                "and the file says nowhere how to tell",
                *("depends_on", name, "condition"),
                help=f"write a healthcheck for {name!r}, unless its image has one",
                note=("awaited", At(at.scene, awaited).mark()),
            )


def disabled_healthcheck(at: At) -> Iterator[Problem]:
    for name, awaited in _awaited(at, "service_healthy"):
        check = awaited.healthcheck
        if check is not None and (check.disable or check.test[:1] == ("NONE",)):
            yield at.say(
                f"{at.service.name!r} waits until {name!r} is healthy, "
                "and nothing looks whether it is",
                *("depends_on", name, "condition"),
                help="wait for service_started, or switch the healthcheck on",
                note=("switched off here", At(at.scene, awaited).mark("healthcheck")),
            )


def never_completes(at: At) -> Iterator[Problem]:
    for name, awaited in _awaited(at, "service_completed_successfully"):
        if awaited.restart in ("always", "unless-stopped"):
            yield at.say(
                f"{at.service.name!r} waits until {name!r} is done, which is restarted each time",
                *("depends_on", name, "condition"),
                help=f"write restart: on-failure for {name!r}, or leave it out",
                note=("restarted here", At(at.scene, awaited).mark("restart")),
            )


def database_not_awaited(at: At) -> Iterator[Problem]:
    own = databases.kind(at.service)
    for name, awaited in _awaited(at, "service_started"):
        kind = databases.kind(awaited)
        if kind is None or kind in databases.CACHES or own is not None or _is_attendant(at.service):
            continue
        if _is_implied(at, name) or databases.official(awaited) is None:
            continue
        has_check = awaited.healthcheck is not None and awaited.healthcheck.test
        healthy = "wait for it with condition: service_healthy"
        yield at.say(
            f"{at.service.name!r} starts when {name!r} has started, "
            "which is before the database answers",
            *("depends_on", name),
            help=healthy if has_check else f"give {name!r} a healthcheck, and {healthy}",
        )


def _awaited(at: At, condition: str) -> Iterator[tuple[str, Service]]:
    """Yield the services for which one waits with `condition`."""
    for name, dependency in at.service.depends_on.items():
        if name in at.scene.services and _demands(dependency, condition):
            yield name, at.scene.services[name]


def _demands(dependency: Dependency, condition: str) -> bool:
    return dependency.required and dependency.condition == condition


def _is_implied(at: At, name: str) -> bool:
    """Say whether the dependency follows from another attribute, at which it is marked then."""
    here = at.own_mark("depends_on", name)
    links = (at.mark("links", index) for index in range(len(at.service.links)))
    shared = (at.mark("volumes_from", index) for index in range(len(at.service.volumes_from)))
    return here in (*links, *shared, at.own_mark("network_mode"), at.own_mark("pid"))


def _is_attendant(service: Service) -> bool:
    if service.image is None:
        return False
    last = databases.image(service.image).name.rpartition("/")[2]
    return last in _ATTENDANTS or "export" in last or "backup" in last
