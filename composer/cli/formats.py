"""Formats that the configuration of the Docker CLI asks for: psFormat, statsFormat."""

from __future__ import annotations

import json
import os


def configured(directory: str, name: str) -> str:
    """Return the format `name` of the config.json in `directory`, "" without one."""
    try:
        with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
            return str(json.load(file).get(name) or "")
    except (OSError, ValueError, AttributeError):
        return ""
