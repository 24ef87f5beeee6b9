"""What the parts of the adapter stand on."""

from __future__ import annotations

from composer.engine.docker.wire import Wire


class Base:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
