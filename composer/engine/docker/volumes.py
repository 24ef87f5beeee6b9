"""Volumes: make and remove."""

from __future__ import annotations

from contextlib import suppress

from composer.engine.docker.base import Base
from composer.engine.docker.request import volume_request
from composer.errors import NotFound
from composer.model.resources import VolumeSpec


class Volumes(Base):
    def create_volume(self, spec: VolumeSpec) -> None:
        """Make a volume; one that exists with the same driver is left as it is."""
        path, body, asked = "/volumes/create", volume_request(spec), f"volume {spec.name}"
        self._until_answered(lambda lost: self._wire.post(path, body=body, asked=asked))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone already is fine."""
        path, asked = f"/volumes/{name}", f"volume {name}"
        with suppress(NotFound):
            self._until_answered(lambda lost: self._wire.delete(path, asked=asked))
