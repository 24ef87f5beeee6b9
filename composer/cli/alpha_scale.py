"""The old form of `scale`"""

from __future__ import annotations

from composer.cli.scale import configure, run

__all__ = ["configure", "run"]
