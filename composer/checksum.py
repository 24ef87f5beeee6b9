"""SHA-256 without hashlib, which loads OpenSSL: 4 ms of a command that takes 60."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

_ROUNDS = 2_000
"""What many may read, a label say: to guess a weak password from its digest must not be free."""

_HOMES = ("_sha2", "_sha256", "hashlib")
"""Where Python has it: from 3.12 on, before, and where the interpreter is another one."""


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal digits."""
    return str(_sha256(content).hexdigest())


def slow_digest(content: bytes, salt: str) -> str:
    """Return a digest of `content` that takes its time, and is another one for each salt."""
    from hashlib import pbkdf2_hmac

    return pbkdf2_hmac("sha256", content, salt.encode(), _ROUNDS, 16).hex()


def _found() -> Iterator[Any]:
    for home in _HOMES:
        with suppress(ImportError):
            yield import_module(home).sha256


_sha256 = next(_found())
