"""Small programs that stand in for others: providers of services, docker's plugins."""

from __future__ import annotations

import sys
from pathlib import Path

_HEAD = """#!{python}
import json, sys

def say(kind, message):
    print(json.dumps({{"type": kind, "message": message}}), flush=True)

"""


def program(path: Path, text: str) -> Path:
    """Write an executable Python program; it may `say(kind, message)` like a provider."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEAD.format(python=sys.executable) + text)
    path.chmod(0o755)
    return path
