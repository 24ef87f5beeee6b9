"""The old form of `publish`"""

from __future__ import annotations

from composer.cli.publish import configure, run

__all__ = ["configure", "run"]
