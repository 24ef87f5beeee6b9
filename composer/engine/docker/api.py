"""Versions of the engine's API: which one is spoken, and what needs a newer one."""

from __future__ import annotations

from typing import TypeAlias

from composer.errors import EngineError, EngineUnavailable

Api: TypeAlias = tuple[int, ...]

FLOOR: Api = (1, 41)
NEWEST: Api = (1, 51)
"""What composer needs at least, and the newest whose answers it knows."""

SEVERAL_NETWORKS: Api = (1, 44)
"""From here on a container is created in all of its networks at once."""

WINDOWS: Api = (1, 42)
"""From here on a terminal may begin with a size."""

UNIQUE_NAMES: Api = (1, 44)
"""From here on no two networks have one name, whether one asks for that or not."""

MAKES_MOUNTPOINTS: Api = (1, 42)
"""From here on a mount can ask for its path on the host to be made."""


def parse(text: str) -> Api:
    """Return (1, 41) for "1.41"; (0,) for anything that is no version."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(p.isdecimal() for p in parts) else (0,)


def agree(newest: Api, wish: str | None, url: str) -> Api:
    """Return the version to speak with an engine at `url` that knows `newest`.

    `wish` is DOCKER_API_VERSION.  Raises EngineUnavailable if there is none for both of us.
    """
    if not any(newest):
        raise EngineUnavailable(
            f"what answers at {url} is not a Docker Engine",
            help="DOCKER_HOST, --host or the docker context leads somewhere else",
        )
    if newest < FLOOR:
        raise EngineUnavailable(
            f"the engine at {url} speaks API {show(newest)}; {show(FLOOR)} is needed",
            help="Docker Engine 20.10 or newer has it",
        )
    if not wish:
        return min(newest, NEWEST)
    wished = parse(wish.removeprefix("v"))
    if not FLOOR <= wished <= newest:
        raise EngineUnavailable(
            f"DOCKER_API_VERSION asks for API {wish}; the engine at {url} and composer both know"
            f" {show(FLOOR)} to {show(newest)}",
            help="without DOCKER_API_VERSION they agree by themselves",
        )
    return wished


def show(api: Api) -> str:
    return ".".join(str(part) for part in api)


def require(api: Api, needed: Api, what: str) -> None:
    """Raise EngineError if `what` needs more: an engine ignores what it does not know."""
    if api < needed:
        raise EngineError(
            f"{what} needs an engine with API {show(needed)}; this one has {show(api)}",
            help="remove it from the file, or use a newer Docker Engine",
        )
