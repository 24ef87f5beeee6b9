"""Programs beside docker: where they are, and what they said when they failed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import IO, Any

from composer.pattern import pattern

_NAME = pattern(r"[a-z][a-z0-9]*")
_SYSTEM = ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
_LINES = 20


def find_plugin(name: str, config: str, settings: Mapping[str, Any]) -> str | None:
    """Return the docker CLI plugin `name`, None if there is none.

    `config` is Docker's directory and `settings` what its config.json says.
    """
    if _NAME.fullmatch(name) is None:
        return None
    for directory in plugin_directories(config, settings):
        path = os.path.join(directory, f"docker-{name}")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def plugin_directories(config: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield where docker looks for its plugins, in its order."""
    extra = settings.get("cliPluginsExtraDirs")
    if isinstance(extra, list):
        yield from (one for one in extra if isinstance(one, str))
    yield os.path.join(config, "cli-plugins")
    yield from (f"{one}/docker/cli-plugins" for one in _SYSTEM)


def find_provider(
    type: str, config: str, settings: Mapping[str, Any], environment: Mapping[str, str]
) -> str | None:
    """Return the program behind a provider: a docker CLI plugin, or one in PATH."""
    if type == "compose":
        return None
    import shutil

    return find_plugin(type, config, settings) or shutil.which(type, path=environment.get("PATH"))


def last_lines(file: IO[bytes]) -> str | None:
    """Return the end of what a program said on stderr, for people; None if it said nothing."""
    file.seek(0)
    lines = file.read().decode(errors="replace").rstrip().splitlines()[-_LINES:]
    return "\n".join(["its last lines:", *(f"  {line}" for line in lines)]) if lines else None
