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
        self._wire.post("/volumes/create", body=volume_request(spec), asked=f"volume {spec.name}")

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone already is fine."""
        with suppress(NotFound):
            self._wire.delete(f"/volumes/{name}", asked=f"volume {name}")
