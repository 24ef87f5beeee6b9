"""What the parts of the adapter stand on."""

from __future__ import annotations

from collections.abc import Mapping

from composer.engine.docker.wire import Wire


class Base:
    """`environment` is that of the processes that the adapter starts: docker buildx."""

    def __init__(self, wire: Wire, environment: Mapping[str, str]) -> None:
        self._wire = wire
        self._environment = environment
