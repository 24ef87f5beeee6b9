"""The old name of `config`"""

from __future__ import annotations

from composer.cli.config import configure, run

__all__ = ["configure", "run"]
