"""Volumes: the short form `[SOURCE:]TARGET[:OPTIONS]`.

A source that looks like a path is bound, any other is the name of a volume.
Unlike Docker Compose, which takes `a:/b` for a path on drive A, a letter is a
drive only before a backslash or where another absolute path follows.
"""

from __future__ import annotations

import re
from typing import Any

from composer.errors import did_you_mean
from composer.loader.forms import Place, clean_path
from composer.loader.nodes import MarkedMap
from composer.pattern import pattern
from composer.record import dataclass
from composer.source import SourceMark

_PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
_HARMLESS = ("cached", "delegated", "consistent", "")
_MISSING = ("nothing before its colon", "no path in the container", "no options at its end")
_OPTIONS = ("ro", "rw", "nocopy", "z", "Z", *_PROPAGATIONS, "cached", "delegated", "consistent")

_SOURCE = pattern(r"[A-Za-z]:\\[^:]*|[A-Za-z]:/[^:]*(?=:(?:/|[A-Za-z]:[\\/]))|[^:]*")
_TARGET = pattern(r"[A-Za-z]:[\\/][^:]*|[^:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeText:
    """A short form taken apart.  An anonymous volume has no source."""

    source: str | None
    target: str
    options: tuple[str, ...] = ()


def split(text: str) -> VolumeText:
    """Return the parts of a short form.  Raises ValueError with a message for the user."""
    if len(text) <= 2 and ":" not in text and text:
        return VolumeText(source=None, target=text)
    parts = _parts(text)
    if not all(parts):
        raise ValueError(f"volume {text!r} has {_MISSING[min(parts.index(''), 2)]}")
    if len(parts) == 1:
        return VolumeText(source=None, target=parts[0])
    if len(parts) > 3:
        raise ValueError(f"volume {text!r} has more parts than SOURCE:TARGET:OPTIONS")
    options = tuple(parts[2].split(",")) if len(parts) == 3 else ()
    return VolumeText(source=parts[0], target=parts[1], options=options)


def is_path(source: str) -> bool:
    """Say whether a source is a path on the host, not the name of a volume."""
    return source.startswith((".", "/", "~", "\\\\")) or is_windows_path(source)


def is_windows_path(text: str) -> bool:
    return re.match(r"[A-Za-z]:[\\/]", text) is not None or text.startswith("\\\\")


def canonical_volume(value: Any, place: Place) -> Any:
    """Return a mount in long form; what is wrong stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        short = split(value)
    except ValueError as error:
        place.refuse(str(error))
        return value
    _warn(short, value, place)
    long = mount(short, place.mark)
    if len(value) <= 2:
        long.drop("volume")  # Docker Compose leaves it out here, and the config hash shows it
    return long


def mount(short: VolumeText, mark: SourceMark | None) -> MarkedMap:
    """Return the long form of `short`."""
    bound = short.source is not None and is_path(short.source)
    long = MarkedMap(mark)
    long.put("type", "bind" if bound else "volume", mark, mark)
    if short.source is not None:
        long.put("source", short.source, mark, mark)
    long.put("target", clean_target(short.target), mark, mark)
    if _read_only(short.options):
        long.put("read_only", True, mark, mark)
    bind, volume = _bind(short.options, bound, mark), _volume(short.options, mark)
    if bind or bound:
        long.put("bind", bind, mark, mark)
    if volume or not bound:
        long.put("volume", volume, mark, mark)
    return long


def clean_target(target: str) -> str:
    return target if is_windows_path(target) else clean_path(target)


def _parts(text: str) -> list[str]:
    """Return the parts between the colons that do not belong to a drive."""
    source = _first(_SOURCE, text)
    if source == text:
        return [text]
    rest = text[len(source) + 1 :]
    target = _first(_TARGET, rest)
    if target == rest:
        return [source, target]
    return [source, target, *rest[len(target) + 1 :].split(":")]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found.group() if found else ""


def _read_only(options: tuple[str, ...]) -> bool:
    """Say what the last of `ro` and `rw` says."""
    said = [option for option in options if option in ("ro", "rw")]
    return said[-1:] == ["ro"]


def _bind(options: tuple[str, ...], bound: bool, mark: SourceMark | None) -> MarkedMap:
    bind = MarkedMap(mark)
    for option in options:
        if option in _PROPAGATIONS:
            bind.put("propagation", option, mark, mark)
        elif option in ("z", "Z"):
            bind.put("selinux", option, mark, mark)
    if bound:
        bind.put("create_host_path", True)
    return bind


def _volume(options: tuple[str, ...], mark: SourceMark | None) -> MarkedMap:
    volume = MarkedMap(mark)
    if "nocopy" in options:
        volume.put("nocopy", True, mark, mark)
    return volume


def _warn(short: VolumeText, text: str, place: Place) -> None:
    if short.source is not None and len(short.source) == 1 and short.source.isalpha():
        place.warn(
            "one-letter-volume",
            f"volume {text!r} is the volume named {short.source!r}",
            help="docker compose takes a single letter for a Windows drive",
        )
    for option in short.options:
        if option not in _OPTIONS and option not in _HARMLESS:
            place.warn(
                "unknown-volume-option",
                f"volume {text!r} has the unknown option {option!r}, which is ignored",
                help=did_you_mean(option, _OPTIONS) or f"options are {', '.join(_OPTIONS)}",
            )
