"""Files in containers and volumes: written as archives, and read back."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from composer.engine.docker.base import Base
from composer.errors import Conflict, EngineError, NotFound
from composer.model.names import KEPT_AT, Label
from composer.model.resources import ContainerFile, Delivery, VolumeSpec
from composer.record import replace

_AT_ONCE = 8

NOTE: Final = "/.composer-content"
"""Says in a container of which content it was told last; its labels cannot be changed."""


class Files(Base):
    def deliver(self, container: str, delivery: Delivery) -> None:
        """Write files, tell the container, then note it: cut off before, all is done again."""
        self._write(container, delivery.files)
        for signal in delivery.signals:
            self._tell(container, signal)
        self._write(container, [ContainerFile(path=NOTE, content=delivery.digest.encode())])

    def _tell(self, container: str, signal: str) -> None:
        path, asked = f"/containers/{container}/kill", f"container {container}"
        with suppress(Conflict):  # it stopped meanwhile, and reads its files when it starts
            self._until_answered(
                lambda lost: self._wire.post(path, {"signal": signal}, asked=asked)
            )

    def delivered(self, containers: Iterable[str]) -> Mapping[str, str]:
        from concurrent.futures import ThreadPoolExecutor  # none of them is quick

        names = tuple(containers)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            notes = pool.map(lambda name: self._read(name, NOTE), names)
            found = dict(zip(names, notes, strict=True))
        return {name: note.decode() for name, note in found.items() if note is not None}

    def fill(self, spec: VolumeSpec) -> None:
        """Write files into a volume, by way of a container that is never started."""
        name = f"{spec.name}-writer"
        body = {
            "Image": spec.image,
            "Cmd": ["-"],
            "NetworkDisabled": True,
            "Labels": {
                Label.PROJECT: spec.labels.get(Label.PROJECT, ""),
                Label.SERVICE: spec.labels.get(Label.FILES, ""),
                Label.ONEOFF: "True",
            },
            "HostConfig": {"Binds": [f"{spec.name}:{KEPT_AT}:nocopy"], "NetworkMode": "none"},
        }
        path, gone, asked = f"/containers/{name}", {"force": True, "v": True}, f"container {name}"

        def make(lost: bool) -> None:
            with suppress(NotFound):  # there is one if writing was cut off, or the answer lost
                self._wire.delete(path, gone)
            self._wire.post("/containers/create", {"name": name}, body, asked)

        self._until_answered(make)
        try:
            moved = [replace(file, path=f"{KEPT_AT}/{file.path}") for file in spec.files]
            self._write(name, moved)
        finally:
            with suppress(NotFound):
                self._until_answered(lambda lost: self._wire.delete(path, gone))

    def _write(self, container: str, files: Iterable[ContainerFile]) -> None:
        content, asked = archive(files), f"container {container}"
        path = f"/containers/{container}/archive"
        params = {"path": "/", "noOverwriteDirNonDir": True}
        self._until_answered(
            lambda lost: self._wire.call("PUT", path, params, body=content, asked=asked)
        )

    def _read(self, container: str, path: str) -> bytes | None:
        """Return what is in a file of a container, None if there is none."""
        import tarfile

        try:
            answer = self._wire.open("GET", f"/containers/{container}/archive", {"path": path})
        except NotFound:
            return None
        packed = b"".join(answer)
        try:
            with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
                file = tar.extractfile(tar.getmembers()[0])
                return None if file is None else file.read()
        except (tarfile.TarError, IndexError) as error:
            raise EngineError(f"container {container}: {path} cannot be read") from error


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
