"""Rules between the attributes of one service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from composer.errors import Problem, Severity, did_you_mean, nearest
from composer.model.deploy import ReservedDevice, Resource
from composer.model.project import Project
from composer.model.service import DeviceRequest, Service
from composer.pattern import pattern
from composer.record import dataclass
from composer.source import Path, SourceMark

_RESTART = pattern(r"no|always|unless-stopped|on-failure(:\d+)?")
_PROBES = ("CMD", "CMD-SHELL", "NONE")


@dataclass(frozen=True, slots=True)
class Subject:
    """A service under examination, and the project it stands in.

    `known` are its services, also those that are switched off.
    """

    project: Project
    service: Service
    known: Mapping[str, Service]

    def mark(self, *path: str | int) -> SourceMark | None:
        return self.project.mark("services", self.service.name, *path)

    def problem(
        self,
        message: str,
        *path: str | int,
        help: str | None = None,
        note: tuple[str, Path] | None = None,
        word: str = "",
        severity: Severity = "error",
        name: str = "",
    ) -> Problem:
        """Return a problem at `path` below the service, or at a `word` of what stands there.

        `note` is a second place.
        """
        mark, other = self.mark(*path), self.mark(*note[1]) if note else None
        notes = ((note[0], other),) if note and other else ()
        place = ("services", self.service.name, *path)
        return Problem(message, mark and mark.on(word), help, severity, notes, name, place)

    def __str__(self) -> str:
        return f"service {self.service.name!r}"


Rule = Callable[[Subject], Iterator[Problem]]


def _image(at: Subject) -> Iterator[Problem]:
    if not (at.service.image or at.service.build or at.service.provider):
        hint = "write image: NAME, or build: DIRECTORY"
        if near := _namesake(at):
            hint = f"did you mean {near!r}? if not, {hint}"
        yield at.problem(f"{at} has neither an image nor a build", help=hint)


def _namesake(at: Subject) -> str | None:
    """Return the service of another file that this one was probably meant to go on with."""
    near, own = nearest(at.service.name, at.known, but=at.service.name), at.mark()
    other = at.project.mark("services", near) if near else None
    return near if own and other and own.file.name != other.file.name else None


def _build(at: Subject) -> Iterator[Problem]:
    build, platform = at.service.build, at.service.platform
    if build is None:
        return
    if build.dockerfile and build.dockerfile_inline:
        yield at.problem(
            f"the build of {at} has both dockerfile and dockerfile_inline",
            *("build", "dockerfile"),
            help="remove one of them",
            note=("the other one", ("build", "dockerfile_inline")),
        )
    if build.platforms and platform and platform not in build.platforms:
        yield at.problem(
            f"{at} runs on {platform!r}, for which it is not built",
            "platform",
            help=did_you_mean(platform, build.platforms) or "add it to build.platforms",
            note=("these are built", ("build", "platforms")),
        )


def _healthcheck(at: Subject) -> Iterator[Problem]:
    test = at.service.healthcheck.test if at.service.healthcheck else ()
    if test and test[0] not in _PROBES:
        hint = "write the test as one text to have a shell read it, or CMD before it"
        yield at.problem(
            f"the healthcheck test of {at} must start with CMD, CMD-SHELL or NONE, "
            f"not with {test[0]!r}",
            *("healthcheck", "test", 0),
            help=did_you_mean(test[0].upper(), _PROBES) or hint,
        )


def _scale(at: Subject) -> Iterator[Problem]:
    service, deploy = at.service, at.service.deploy
    replicas = deploy.replicas if deploy else None
    if service.scale is not None and replicas is not None and service.scale != replicas:
        yield at.problem(
            f"{at} has scale {service.scale}, but deploy.replicas {replicas}",
            "scale",
            help="remove one of them",
            note=("the other number", ("deploy", "replicas")),
        )
    where = ("scale",) if service.scale is not None else ("deploy", "replicas")
    if service.container_name and service.replicas > 1:
        yield at.problem(
            f"{at} has {service.replicas} containers, "
            f"which cannot all be called {service.container_name!r}",
            "container_name",
            help="remove container_name, or run one container",
            note=("their number", where),
        )


def _resources(at: Subject) -> Iterator[Problem]:
    """Compare the limits that can be written in two places."""
    resources = at.service.deploy.resources if at.service.deploy else None
    limits = (resources and resources.limits) or Resource()
    reservations = (resources and resources.reservations) or Resource()
    for own, theirs, below in (
        ("cpus", limits.cpus, ("limits", "cpus")),
        ("mem_limit", limits.memory, ("limits", "memory")),
        ("pids_limit", limits.pids, ("limits", "pids")),
        ("mem_reservation", reservations.memory, ("reservations", "memory")),
    ):
        value = getattr(at.service, own)
        if value and theirs and value != theirs:
            other = ("deploy", "resources", *below)
            yield at.problem(
                f"{own} and {'.'.join(other)} of {at} differ",
                own,
                help="remove one of them, or make them equal",
                note=("the other one", other),
            )


def _device_requests(at: Subject) -> Iterator[Problem]:
    resources = at.service.deploy.resources if at.service.deploy else None
    reserved = resources.reservations.devices if resources and resources.reservations else ()
    path = ("deploy", "resources", "reservations", "devices")
    requests: list[tuple[DeviceRequest | ReservedDevice, Path]]
    requests = [(one, ("gpus", index)) for index, one in enumerate(at.service.gpus)]
    requests += [(one, (*path, index)) for index, one in enumerate(reserved)]
    for request, place in requests:
        if request.count is not None and request.device_ids:
            yield at.problem(
                f"a device request of {at} has both count and device_ids",
                *(*place, "count"),
                help="remove one of them",
                note=("the other one", (*place, "device_ids")),
            )


def _added_ports(at: Subject) -> Iterator[Problem]:
    """Warn of a port that an override adds where its author may have meant to replace it."""
    seen: dict[tuple[int, str | None], int] = {}
    for index, port in enumerate(at.service.ports):
        if port.published is None:
            continue
        first = seen.setdefault((port.target, port.protocol), index)
        one, other = at.mark("ports", first), at.mark("ports", index)
        if one and other and one.file is not other.file:
            yield at.problem(
                f"port {port.target} is published at {at.service.ports[first].published} "
                f"and at {port.published}",
                *("ports", index),
                help="an override adds ports; `ports: !override` replaces them",
                note=("published first", ("ports", first)),
                severity="warning",
                name="published-twice",
            )


def _targets(at: Subject) -> Iterator[Problem]:
    places: list[tuple[str, Path]] = [
        (mount.target, ("volumes", index)) for index, mount in enumerate(at.service.volumes)
    ]
    places += [
        (entry.partition(":")[0], ("tmpfs", index)) for index, entry in enumerate(at.service.tmpfs)
    ]
    seen: dict[str, Path] = {}
    for target, path in places:
        first = seen.setdefault(target.rstrip("/"), path)
        if first != path:
            yield at.problem(
                f"{at} mounts two things at {target!r}",
                *path,
                note=("the other one", first),
            )


def _watches(at: Subject) -> Iterator[Problem]:
    watches = at.service.develop.watch if at.service.develop else ()
    for index, watch in enumerate(watches):
        if not watch.path.strip():
            message = f"the path that {at} watches is empty"
            yield at.problem(message, "develop", "watch", index, "path")
        if not watch.target and watch.action not in ("rebuild", "restart"):
            yield at.problem(
                f"the watch action {watch.action!r} of {at} needs a target",
                *("develop", "watch", index, "action"),
                help="add target: PATH, the place in the container",
            )


def _sourceless_binds(at: Subject) -> Iterator[Problem]:
    for index, mount in enumerate(at.service.volumes):
        if mount.type == "bind" and not mount.source:
            yield at.problem(
                f"a bind mount of {at} has no source",
                *("volumes", index),
                help="add source: PATH, what to mount",
            )


def _restart(at: Subject) -> Iterator[Problem]:
    if at.service.restart and not _RESTART.fullmatch(at.service.restart):
        yield at.problem(
            f"the engine will refuse the restart policy {at.service.restart!r}",
            "restart",
            help="it knows no, always, unless-stopped and on-failure[:N]",
            severity="warning",
            name="restart-policy",
        )


RULES: Final[tuple[Rule, ...]] = (
    _image,
    _build,
    _healthcheck,
    _scale,
    _resources,
    _device_requests,
    _added_ports,
    _sourceless_binds,
    _targets,
    _watches,
    _restart,
)
