"""Numbers of bytes as Docker's tools print them (docker/go-units)."""

from __future__ import annotations

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def human_size(size: float, digits: int = 3) -> str:
    """Return `size` in powers of 1000: "2.2MB"."""
    return _counted(size, 1000, _DECIMAL, digits)


def bytes_size(size: float) -> str:
    """Return `size` in powers of 1024: "23.54GiB"."""
    return _counted(size, 1024, _BINARY, 4)


def _counted(size: float, base: int, units: tuple[str, ...], digits: int) -> str:
    power = 0
    while size >= base and power < len(units) - 1:
        size /= base
        power += 1
    return f"{size:.{digits}g}{units[power]}"
