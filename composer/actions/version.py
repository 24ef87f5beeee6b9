"""Which composer this is."""

from __future__ import annotations

import composer


def version() -> str:
    return composer.__version__


def compose_version() -> str:
    """Return the version of the Docker Compose for which we stand."""
    return composer.COMPOSE_VERSION
