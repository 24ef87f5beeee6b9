"""Containers: make, start, stop, remove, and their state."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from json import dumps, load
from math import ceil
from typing import TYPE_CHECKING, Any

from composer.engine.docker.clock import nanoseconds
from composer.engine.docker.files import Files
from composer.engine.docker.inspect import inspected_container, is_usual, shared_containers
from composer.engine.docker.limits import update_request
from composer.engine.docker.listing import inspected_state
from composer.engine.docker.mounts import SUBPATHS
from composer.engine.docker.overdue import with_probe_checked
from composer.engine.docker.questions import gone, of_image
from composer.engine.docker.refusal import tidy
from composer.engine.docker.request import (
    CreateRequest,
    container_request,
    inlined,
    network_request,
    security_files,
)
from composer.engine.docker.twin import is_twin
from composer.engine.docker.wire import Question
from composer.errors import Conflict, EngineError, EngineUnavailable, NotFound
from composer.model.events import Progress
from composer.model.names import Label
from composer.model.observed import ContainerState, ObservedContainer
from composer.model.resources import (
    ContainerConfig,
    ContainerFile,
    ContainerSpec,
    Limits,
    NetworkSpec,
    VolumeSpec,
)
from composer.record import replace

if TYPE_CHECKING:
    from composer.engine.port import Report

_SHARED = ("network_mode", "ipc", "pid")


class Containers(Files):
    def state(self, container: str) -> ContainerState:
        json = self._wire.get(f"/containers/{container}/json", asked=f"container {container}")
        return with_probe_checked(inspected_state(json), self._engine_now)

    def inspect(self, containers: Iterable[str]) -> dict[str, ObservedContainer]:
        return self._inspected(containers)

    def _inspected(
        self,
        containers: Iterable[str],
        images: Mapping[str, Any] | None = None,
        *,
        described: bool = True,
    ) -> dict[str, ObservedContainer]:
        """Return the containers as `inspect` does.

        Of their `images`, by id, each without its JSON is asked at once; so is the engine
        itself, which takes as long as forty inspections.  Unless it is to be `described`,
        it is asked only if there is something unusual about the containers.
        """
        asked = [Question(f"/containers/{name}/json") for name in dict.fromkeys(containers)]
        by_id = dict(images or {})
        open_ids = sorted(id for id, json in by_id.items() if json is None)
        info = [Question("/info")] if asked and described else []
        beside = [*map(of_image, open_ids), *info] if asked else []
        answers = self._wire.ask([*asked, *beside])
        found = [json for json in answers[: len(asked)] if not gone(json)]
        if not found:
            return {}
        jsons = answers[len(asked) :]
        cgroup = self._cgroup_version()
        if described:
            gone(engine := jsons.pop())
        elif all(is_usual(json, cgroup) for json in found):
            engine = {"CgroupVersion": cgroup}
        else:
            engine = self._wire.get("/info")
        late = sorted({json["Image"] for json in found}.difference(by_id))
        jsons += self._wire.ask(map(of_image, late)) if late else []
        for id, json in zip((*open_ids, *late), jsons, strict=True):
            by_id[id] = None if gone(json) else json
        names = self._names(found)
        inspected = {
            json["Id"]: inspected_container(
                json, by_id.get(json["Image"]), engine, names, self._wire.address.proxies
            )
            for json in found
        }
        now = cache(self._engine_now)
        return {
            id: replace(one, state=with_probe_checked(one.state, now))
            for id, one in inspected.items()
        }

    def _cgroup_version(self) -> str:
        """Return the version of the engine's control groups: that of ours, or the usual one."""
        old = self._is_here() and not os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        return "1" if old else "2"

    def check(self, spec: ContainerSpec | NetworkSpec) -> None:
        if isinstance(spec, ContainerSpec):
            container_request(spec, self._wire.api)
        else:
            network_request(spec, self._wire.api)

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        """Create the container; if anything of it fails, nothing of it stays.

        `report` hears what the engine will not honour, and says so in a warning.
        """
        found = replace(spec, config=self._resolved(spec.config), labels=self._labelled(spec))
        request = container_request(found, self._wire.api, self._place_of(spec.kept))
        id, ours = self._created(spec, request, report)
        try:
            self._complete(id, request, spec.files)
        except BaseException as error:
            if ours and not isinstance(error, EngineUnavailable):
                with suppress(EngineError):
                    self.remove(id, volumes=True)  # not by force: it may run for another
            raise
        return id

    def _created(
        self, spec: ContainerSpec, request: CreateRequest, report: Report | None
    ) -> tuple[str, bool]:
        """Return the id of the new container, and whether nobody else can have made it."""
        asked = f"container {spec.name}"

        def attempt(lost: bool) -> tuple[str, bool]:
            try:
                created = self._wire.post("/containers/create", request.params, request.body, asked)
            except Conflict:
                if twin := self._twin(spec.name, request):
                    return twin, lost
                raise
            for warning in created.get("Warnings") or ():
                if report is not None:
                    report(Progress(f"warning: {tidy(warning)}"))
            return str(created["Id"]), True

        return self._until_answered(attempt)

    def _twin(self, name: str, request: CreateRequest) -> str | None:
        """Return the id of the container of that name, if it is what was to be created."""
        try:
            json = self._wire.get(f"/containers/{name}/json")
        except NotFound:
            return None
        alike = is_twin(json, request.body)
        return str(json["Id"]) if alike and json["Name"] == f"/{name}" else None

    def update_container(self, container: str, limits: Limits) -> None:
        body = update_request(limits)
        path, asked = f"/containers/{container}/update", f"container {container}"
        self._until_answered(lambda lost: self._wire.post(path, body=body, asked=asked))

    def start(self, container: str) -> None:
        """Start a container, once: one that has run to its end meanwhile is not run again."""
        asked = f"container {container}"
        begun = time.monotonic()

        def attempt(lost: bool) -> None:
            if not (lost and self._has_started(container, begun)):
                self._wire.post(f"/containers/{container}/start", asked=asked)

        self._until_answered(attempt)

    def stop(self, container: str, timeout: float | None = None) -> None:
        params = {"t": None if timeout is None else ceil(timeout)}
        path, asked = f"/containers/{container}/stop", f"container {container}"
        self._until_answered(lambda lost: self._wire.post(path, params, asked=asked))

    def hearing_the_ends(
        self, containers: Iterable[str], ended: Callable[[str], None]
    ) -> AbstractContextManager[Set[str]]:
        from composer.engine.docker.ending import can_hear, hearing_the_ends

        names = {f"/{name}": name for name in containers}
        if not (can_hear() and self._is_here()):
            return nullcontext(frozenset())
        try:
            found = self._wire.get("/containers/json")
        except EngineError:  # whoever stops them will hear why
            return nullcontext(frozenset())
        by_id = {json["Id"]: names[one] for json in found for one in names.keys() & json["Names"]}
        return hearing_the_ends(by_id, ended)

    def restart(self, container: str, timeout: float | None = None) -> None:
        params = {"t": None if timeout is None else ceil(timeout)}
        path, asked = f"/containers/{container}/restart", f"container {container}"
        begun = time.monotonic()

        def attempt(lost: bool) -> None:
            if not (lost and self._has_started(container, begun)):
                self._wire.post(path, params, asked=asked)

        self._until_answered(attempt)

    def pause(self, container: str) -> None:
        self._toggle(container, "pause", unless="is already paused")

    def unpause(self, container: str) -> None:
        self._toggle(container, "unpause", unless="is not paused")

    def _toggle(self, container: str, verb: str, *, unless: str) -> None:
        path, asked = f"/containers/{container}/{verb}", f"container {container}"
        try:
            self._until_answered(lambda lost: self._wire.post(path, asked=asked))
        except EngineError as error:
            if unless not in error.message:
                raise

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        """Send `signal`.  To kill what does not run is fine, to send it anything else is not.

        Only the end is sent again if the answer is lost: a process may count the others.
        """
        deadly = signal.upper().removeprefix("SIG") in ("KILL", "9")
        path, asked = f"/containers/{container}/kill", f"container {container}"

        def attempt(lost: bool) -> None:
            self._wire.post(path, {"signal": signal}, asked=asked)

        try:
            if deadly:
                self._until_answered(attempt)
            else:
                attempt(False)
        except Conflict:
            if not deadly:
                raise

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        """Remove a container; one that is gone is fine, one that is about to go is waited for."""
        path, params = f"/containers/{container}", {"v": volumes, "force": force}

        def attempt(lost: bool) -> None:
            try:
                self._wire.delete(path, params, asked=f"container {container}")
            except Conflict as error:
                if "already in progress" not in error.message:
                    raise
                self._wire.post(f"{path}/wait", {"condition": "removed"})

        with suppress(NotFound):
            self._until_answered(attempt)

    def rename(self, container: str, name: str) -> None:
        asked = f"container {container}"
        id = self._id(container)

        def attempt(lost: bool) -> None:
            if lost and self._name(id) == name:
                return
            try:
                self._wire.post(f"/containers/{id}/rename", {"name": name}, asked=asked)
            except EngineError as error:
                if "same name" not in error.message:
                    raise

        self._until_answered(attempt)

    def _has_started(self, container: str, begun: float) -> bool:
        """Say whether a container runs, or has run since the moment `begun`."""
        path = f"/containers/{container}/json"
        state = inspected_state(self._wire.get(path, asked=f"container {container}"))
        if state.status in ("running", "paused", "restarting"):
            return True
        started = nanoseconds(state.started_at) if state.started_at else 0
        return started >= self._engine_time(begun)

    def _names(self, found: Iterable[Any]) -> dict[str, str]:
        """Return the names, by id, of the containers whose namespaces others share."""
        ids = sorted({id for json in found for id in shared_containers(json)})
        shared = self._wire.ask(Question(f"/containers/{id}/json") for id in ids)
        return {json["Id"]: json["Name"].lstrip("/") for json in shared if not gone(json)}

    def _complete(self, id: str, request: CreateRequest, files: Iterable[ContainerFile]) -> None:
        for network, endpoint in request.connect:
            self._join(id, network, endpoint)
        if files:
            self._write(id, files)

    def _place_of(self, volume: VolumeSpec | None) -> str:
        """Return the engine's own directory of a volume, if it will have to be named."""
        if volume is None or self._wire.api >= SUBPATHS:
            return ""
        found = self._wire.get(f"/volumes/{volume.name}", asked=f"volume {volume.name}")
        return str(found["Mountpoint"])

    def _resolved(self, config: ContainerConfig) -> ContainerConfig:
        """Return `config` with containers by id, the texts of its seccomp files, and proxies."""
        changes: dict[str, object] = {}
        if proxies := self._wire.address.proxies:
            changes["environment"] = {**proxies, **config.environment}
        for attribute in _SHARED:
            kind, _, name = (getattr(config, attribute) or "").partition(":")
            if kind == "container":
                changes[attribute] = f"container:{self._id(name)}"
        if paths := security_files(config.security_opt):
            profiles = {path: _profile(path) for path in paths}
            changes["security_opt"] = inlined(config.security_opt, profiles)
        return replace(config, **changes) if changes else config  # type: ignore[arg-type]

    def _labelled(self, spec: ContainerSpec) -> Mapping[str, str]:
        """Return the labels, with the config hash that Docker Compose makes of ids."""
        if spec.shared is None or Label.CONFIG_HASH not in spec.labels:
            return spec.labels
        ids = {name: self._id(name) for name in spec.shared.containers.values()}
        return {**spec.labels, str(Label.CONFIG_HASH): spec.shared.digest(ids)}

    def _id(self, container: str) -> str:
        json = self._wire.get(f"/containers/{container}/json", asked=f"container {container}")
        return str(json["Id"])

    def _name(self, id: str) -> str:
        return str(self._wire.get(f"/containers/{id}/json")["Name"]).lstrip("/")


def _profile(path: str) -> str:
    """Return the JSON that a file holds, without blanks."""
    try:
        with open(path, encoding="utf-8") as file:
            return dumps(load(file), separators=(",", ":"), ensure_ascii=False)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "it is not JSON"
        raise EngineError(f"seccomp profile {path!r}: {reason}") from None
