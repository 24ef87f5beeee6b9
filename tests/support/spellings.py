"""composer under the names of Docker Compose: as docker's plugin, and as a program of its own."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = """\
#!{python} -P
import sys
from composer.__main__ import main
sys.exit(main())
"""


def install(path: Path) -> Path:
    """Write a program at `path` that is composer; what it is called decides what it does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PROGRAM.format(python=sys.executable))
    path.chmod(0o755)
    return path
