"""Volumes: make and remove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from composer.engine.docker.files import Files
from composer.engine.docker.listing import listed_container
from composer.engine.docker.request import volume_request
from composer.errors import EngineError, NotFound
from composer.model.observed import VolumeUsage
from composer.model.resources import VolumeSpec


class Volumes(Files):
    def usage(self, volumes: Iterable[str]) -> Mapping[str, VolumeUsage]:
        names = tuple(volumes)
        if not names:
            return {}
        users: dict[str, list[str]] = {name: [] for name in names}
        query = {"all": True, "filters": {"volume": list(names)}}
        for container in map(listed_container, self._wire.get("/containers/json", query)):
            for mount in container.mounts:
                if mount.name in users:
                    users[mount.name].append(container.name)
        sizes = self._sizes()
        return {
            name: VolumeUsage(size=sizes.get(name), users=tuple(sorted(set(users[name]))))
            for name in names
        }

    def _sizes(self) -> Mapping[str, int]:
        """Return the sizes that are known; an engine that is measuring already tells none."""
        found: list[Any] = []
        with suppress(EngineError):
            found = self._wire.get("/system/df", {"type": "volume"}).get("Volumes") or []
        sizes = {json["Name"]: (json.get("UsageData") or {}).get("Size", -1) for json in found}
        return {name: size for name, size in sizes.items() if size >= 0}

    def create_volume(self, spec: VolumeSpec) -> None:
        """Make a volume; one that exists with the same driver is left as it is, but for files."""
        path, body, asked = "/volumes/create", volume_request(spec), f"volume {spec.name}"
        self._until_answered(lambda lost: self._wire.post(path, body=body, asked=asked))
        if spec.files:
            self.fill(spec)

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone already is fine."""
        path, asked = f"/volumes/{name}", f"volume {name}"
        with suppress(NotFound):
            self._until_answered(lambda lost: self._wire.delete(path, asked=asked))
