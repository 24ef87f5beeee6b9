"""What an unknown key may have been meant to be: a near word, a synonym, a key of another level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from composer.errors import nearest
from composer.source import Path

_FEW: Final = 8
_SURE: Final = 0.8

_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "cmd": ("command", "test"),
    "command": ("test",),
    "container": ("target",),
    "container_port": ("target",),
    "destination": ("target",),
    "dest": ("target",),
    "dst": ("target",),
    "env": ("environment",),
    "file": ("dockerfile",),
    "host": ("published",),
    "host_port": ("published",),
    "mem_limit": ("memory",),
    "mem_reservation": ("memory",),
    "path": ("context", "target"),
    "pids_limit": ("pids",),
    "ro": ("read_only",),
    "src": ("source",),
}
"""Words from elsewhere, and the keys that say the same, where these are known."""


def meant(key: str, known: Mapping[str, Any]) -> str | None:
    """Return the key of `known` that `key` was meant to be, None if nobody can tell."""
    synonym = next((word for word in _SYNONYMS.get(key.lower(), ()) if word in known), None)
    return synonym or nearest(key, known)


def help_for(
    key: str, value: Any, path: Path, known: Mapping[str, Any], schema: Mapping[str, Any]
) -> str | None:
    """Return what to do about `key`, found in the mapping at `path`, where `known` are the keys.

    `schema` is the one of whole files.
    """
    word = meant(key, known)
    sure = word is not None and (word in _SYNONYMS.get(key.lower(), ()) or _is_sure(key, word))
    if not sure and (hint := _where_it_belongs(key, value, path, schema)):
        return hint
    if word is not None:
        return f"did you mean {word!r}?"
    if 0 < len(known) <= _FEW:
        return f"known keys: {', '.join(sorted(known))}"
    own = key[1:] if key.startswith("x") else key
    return f"a key of your own begins with x-: x-{own.lstrip('-_')}"


def _is_sure(key: str, word: str) -> bool:
    return nearest(key, (word,), cutoff=_SURE) is not None


def _where_it_belongs(key: str, value: Any, path: Path, schema: Mapping[str, Any]) -> str | None:
    """Return help for a key that stands at the wrong level."""
    sections = schema["properties"]
    of_services = schema["$defs"]["service"]["properties"]
    is_service = isinstance(value, dict) and ("image" in value or "build" in value)
    match path:
        case () if is_service:
            return "services stand below the key 'services': indent it"
        case () if key in of_services:
            return f"{key!r} belongs to a service: indent it further"
        case ("services", str(name)) if is_service:
            return f"is this a service? then indent it like {name!r}"
        case ("services", str(name)) if name in sections and key not in sections:
            return f"{name!r} is read as a service: to declare {name}, do not indent the word"
        case ("services", _, *rest) if rest and key in of_services:
            return f"{key!r} belongs to the service itself: indent it less"
        case ("services", *_) if key in sections:
            return f"{key!r} belongs to the top level: do not indent it"
        case ("services", _, "logging"):
            return "settings of the driver stand below 'options'"
        case ("secrets", _) if key == "content":
            return "write file or environment: only configs have their content in the file"
    return None
