"""Which composer this is."""

from __future__ import annotations

import composer


def version() -> str:
    return composer.__version__
