"""Containers: make, start, stop, remove, and their state."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any

from composer.engine.docker.base import Base
from composer.engine.docker.inspect import inspected_container, shared_containers
from composer.engine.docker.listing import inspected_state
from composer.engine.docker.refusal import tidy
from composer.engine.docker.request import (
    CreateRequest,
    container_request,
    inlined,
    network_request,
    security_files,
    update_request,
)
from composer.engine.docker.wire import Question
from composer.engine.port import Report
from composer.errors import Conflict, EngineError, NotFound
from composer.model.events import Progress
from composer.model.observed import ContainerState, ObservedContainer
from composer.model.resources import (
    ContainerConfig,
    ContainerFile,
    ContainerSpec,
    Limits,
    NetworkSpec,
)
from composer.record import replace

_SHARED = ("network_mode", "ipc", "pid")


class Containers(Base):
    def state(self, container: str) -> ContainerState:
        json = self._wire.get(f"/containers/{container}/json", asked=f"container {container}")
        return inspected_state(json["State"])

    def inspect(self, containers: Iterable[str]) -> dict[str, ObservedContainer]:
        asked = [Question(f"/containers/{name}/json") for name in dict.fromkeys(containers)]
        found = [json for json in self._wire.ask(asked) if not _gone(json)]
        if not found:
            return {}
        ids = sorted({json["Image"] for json in found})
        engine, *images = self._wire.ask(
            [Question("/info"), *(Question(f"/images/{id}/json") for id in ids)]
        )
        _gone(engine)
        by_id = {id: json for id, json in zip(ids, images, strict=True) if not _gone(json)}
        names = self._names(found)
        return {
            json["Id"]: inspected_container(json, by_id.get(json["Image"]), engine, names)
            for json in found
        }

    def check(self, spec: ContainerSpec | NetworkSpec) -> None:
        if isinstance(spec, ContainerSpec):
            container_request(spec, self._wire.api)
        else:
            network_request(spec, self._wire.api)

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        """Create the container; if anything of it fails, nothing of it stays.

        `report` hears what the engine will not honour, and says so in a warning.
        """
        config = self._resolved(spec.config)
        request = container_request(replace(spec, config=config), self._wire.api)
        created = self._wire.post(
            "/containers/create", request.params, request.body, f"container {spec.name}"
        )
        id: str = created["Id"]
        for warning in created.get("Warnings") or ():
            if report is not None:
                report(Progress(f"warning: {tidy(warning)}"))
        try:
            self._complete(id, request, spec.files)
        except BaseException:
            with suppress(EngineError):
                self.remove(id, volumes=True, force=True)
            raise
        return id

    def update_container(self, container: str, limits: Limits) -> None:
        body = update_request(limits)
        self._wire.post(
            f"/containers/{container}/update", body=body, asked=f"container {container}"
        )

    def start(self, container: str) -> None:
        self._wire.post(f"/containers/{container}/start", asked=f"container {container}")

    def stop(self, container: str, timeout: float | None = None) -> None:
        params = {"t": None if timeout is None else ceil(timeout)}
        self._wire.post(f"/containers/{container}/stop", params, asked=f"container {container}")

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        """Send `signal`.  To kill what does not run is fine, to send it anything else is not."""
        try:
            self._wire.post(
                f"/containers/{container}/kill",
                {"signal": signal},
                asked=f"container {container}",
            )
        except Conflict:
            if signal.upper().removeprefix("SIG") not in ("KILL", "9"):
                raise

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        """Remove a container; one that is gone, or about to go, is fine."""
        params = {"v": volumes, "force": force}
        with suppress(NotFound):
            try:
                self._wire.delete(
                    f"/containers/{container}", params, asked=f"container {container}"
                )
            except Conflict as error:
                if "already in progress" not in error.message:
                    raise

    def rename(self, container: str, name: str) -> None:
        try:
            self._wire.post(
                f"/containers/{container}/rename",
                {"name": name},
                asked=f"container {container}",
            )
        except EngineError as error:
            if "same name" not in error.message:
                raise

    def _names(self, found: Iterable[Any]) -> dict[str, str]:
        """Return the names, by id, of the containers whose namespaces others share."""
        ids = sorted({id for json in found for id in shared_containers(json)})
        shared = self._wire.ask(Question(f"/containers/{id}/json") for id in ids)
        return {json["Id"]: json["Name"].lstrip("/") for json in shared if not _gone(json)}

    def _complete(self, id: str, request: CreateRequest, files: Iterable[ContainerFile]) -> None:
        for network, endpoint in request.connect:
            self._wire.post(
                f"/networks/{network}/connect", body={"Container": id, "EndpointConfig": endpoint}
            )
        if files:
            self._wire.call(
                "PUT",
                f"/containers/{id}/archive",
                {"path": "/", "noOverwriteDirNonDir": True},
                body=archive(files),
            )

    def _resolved(self, config: ContainerConfig) -> ContainerConfig:
        """Return `config` with containers by id, and with the texts of its seccomp files."""
        changes: dict[str, object] = {}
        for attribute in _SHARED:
            kind, _, name = (getattr(config, attribute) or "").partition(":")
            if kind == "container":
                changes[attribute] = f"container:{self._id(name)}"
        if paths := security_files(config.security_opt):
            profiles = {path: _profile(path) for path in paths}
            changes["security_opt"] = inlined(config.security_opt, profiles)
        return replace(config, **changes) if changes else config  # type: ignore[arg-type]

    def _id(self, container: str) -> str:
        json = self._wire.get(f"/containers/{container}/json", asked=f"container {container}")
        return str(json["Id"])


def _gone(answer: Any) -> bool:
    """Say whether what was asked about vanished.  Raises what else went wrong."""
    if isinstance(answer, EngineError) and not isinstance(answer, NotFound):
        raise answer
    return isinstance(answer, NotFound)


def archive(files: Iterable[ContainerFile]) -> bytes:
    """Return a tar archive of `files`; the engine makes the directories above them."""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size = len(file.content)
            entry.mode, entry.uid, entry.gid = file.mode, file.uid, file.gid
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _profile(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise EngineError(f"seccomp profile {path!r}: {reason.lower()}") from None
