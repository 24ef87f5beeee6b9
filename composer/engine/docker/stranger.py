"""Who answers in the engine's place: a proxy, a page to log in at, another web server.

An engine speaks JSON, or hands on bytes; what it never says is a page, nor that something is
elsewhere.
"""

from __future__ import annotations

from composer.engine.docker.address import Address
from composer.engine.docker.http import HTTPResponse
from composer.errors import EngineUnavailable
from composer.pattern import pattern

_TAGS = pattern(r"<[^>]*>")
_MOST = 100
"""So many characters of what it says are shown."""


def stranger(address: Address, response: HTTPResponse, body: bytes) -> EngineUnavailable:
    """Return the error for an answer that is not an engine's: who gave it, and what it says."""
    headers = response.headers
    who = next((name for key in ("Server", "Via") if (name := headers.get(key))), "")
    kind = headers.get("Content-Type").partition(";")[0] or "no JSON"
    told = f"{who or 'somebody'} answered with status {response.status}, {kind}"
    if place := headers.get("Location"):
        told += f", and leads to {place}"
    text = " ".join(_TAGS.sub(" ", body[: 50 * _MOST].decode(errors="replace")).split())
    if text:
        told += f": {text[:_MOST]}"
    return EngineUnavailable(
        f"what answers at {address.url} ({address.origin}) is not a Docker Engine: {told}",
        help="is there a proxy in between, or another web server at that address?",
    )
