"""The keys that leave a process without ending it: ctrl-p,ctrl-q unless the user chose others.

What may be the beginning of them is held back until the next key decides.
"""

from __future__ import annotations

from composer.errors import UsageError

DEFAULT = "ctrl-p,ctrl-q"

_NAMED = {"DEL": 127, "ctrl-[": 27, "ctrl-\\": 28, "ctrl-]": 29, "ctrl-^": 30, "ctrl-_": 31}
_NAMED |= {f"ctrl-{letter}": code for code, letter in enumerate("@abcdefghijklmnopqrstuvwxyz")}


def parse_keys(text: str) -> bytes:
    """Return the keys of `a,ctrl-b`; raises UsageError for what is no key."""
    keys = bytearray()
    for word in text.split(","):
        if word in _NAMED:
            keys.append(_NAMED[word])
        elif len(word) == 1 and ord(word) < 128:
            keys.append(ord(word))
        else:
            raise UsageError(
                f"{word!r} is no key to detach with",
                help="write single characters and ctrl-a to ctrl-z, joined by commas",
            )
    return bytes(keys)


_FLOW = b"\x11\x13"
"""Ctrl-Q and Ctrl-S, which a terminal keeps to itself unless it is raw."""


class DetachKeys:
    """Looks at what is typed for the sequence `keys`; an empty one never comes.

    With `lines` those of them are not passed on that who types lines has never sent.
    """

    def __init__(self, keys: bytes, *, lines: bool = False) -> None:
        self._keys = keys
        self._kept = bytes(key for key in keys if key in _FLOW) if lines else b""
        self._held = b""
        self.seen = False

    def pass_on(self, typed: bytes) -> bytes:
        """Return what of `typed` goes to the process; `seen` tells whether the keys were there."""
        if not self._keys:
            return typed
        passed, rest = b"", self._held + typed
        while rest and not self.seen:
            if rest.startswith(self._keys):
                self.seen, rest = True, b""
                break
            if self._keys.startswith(rest):
                break
            passed, rest = passed + rest[:1], rest[1:]
        self._held = rest
        return passed.translate(None, self._kept)
