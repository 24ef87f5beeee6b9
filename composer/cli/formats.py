"""Formats that the configuration of the Docker CLI asks for: psFormat, statsFormat."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping


def configured(environment: Mapping[str, str], name: str) -> str:
    """Return the format `name` of config.json, "" without one."""
    folder = environment.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            return str(json.load(file).get(name) or "")
    except (OSError, ValueError, AttributeError):
        return ""
