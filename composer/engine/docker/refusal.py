"""What the engine says when it refuses, made into our errors."""

from __future__ import annotations

import json
import re

from composer.errors import (
    AnswerLost,
    BrokenOff,
    Conflict,
    EngineError,
    EngineUnavailable,
    LoginRequired,
    NameTaken,
    NoProgram,
    NotFound,
    Unstartable,
    Vanished,
)
from composer.model.unstartable import forbidden_program, missing_program, why_unstartable
from composer.pattern import pattern

_LOGIN = pattern(
    r"no basic auth credentials|unauthorized|authentication required"
    r"|incorrect username or password|denied: requested access|access forbidden",
    re.IGNORECASE,
)
_MISSING = pattern(
    r"pull access denied|manifest (for .* )?(unknown|not found)|repository .* not found"
    r"|name unknown|: not found$|no such (image|container|network|volume)",
    re.IGNORECASE,
)
_TAKEN = pattern(
    r"port is already allocated|address already in use|has active endpoints"
    r"|already exists in network|is already in use|is in use",
    re.IGNORECASE,
)
_TWICE = pattern(r"(?<![^ ])([^:]+): \1$")
"""What a registry says of a missing image: its code, and the same as a message."""
_LOST_TRACK = pattern(r"task [0-9a-f]{64}: already exists")
"""Said of a container that was being started when the engine died, and ever after."""

_BUSY = pattern(
    r"transport is closing|code = Unavailable|ttrpc: closed|device or resource busy"
    r"|is ambiguous \(\d+ matches found"
    r"|cannot update a (stopped container|deleted process)|: container not running",
    re.IGNORECASE,
)
"""Said by an engine of which a part is just restarted, or of what another is just clearing up,
or of a container that ends at this very moment and is started again.
"""

_AMBIGUOUS = pattern(r"network (\S+) is ambiguous \(\d+ matches found")

_TOO_OLD = pattern(r"client version \S+ is too old")

_NAME_TAKEN = pattern(r"the container name .* is already in use", re.IGNORECASE)
_VANISHED = pattern(r"no such container|network .* not found", re.IGNORECASE)

_UNREACHABLE = pattern(
    r"no such host|i/o timeout|connection refused|network is unreachable|TLS handshake timeout",
    re.IGNORECASE,
)

_NO_NAME = "invalid reference format"

_BROKEN = pattern(
    r"unexpected EOF|: EOF$|connection reset by peer|broken pipe|stream error"
    r"|unexpected HTTP status:? 5\d\d|\b50[0234] |too ?many ?requests|server closed idle",
    re.IGNORECASE,
)
"""What a registry may say, or be heard of, at one moment, and not at the next."""

_COMMANDS = "it is what 'entrypoint' and 'command' say, in the file or in the image"

_DIRECTORY_MADE = (
    "where nothing is, the engine makes a directory: remove that, and put the file in its place"
)

_METHODS = ("Get", "Head", "Post", "Put")


def refusal(status: int, message: str, asked: str = "") -> EngineError:
    """Return the error for an answer with `status`; `asked` is what it was about."""
    text = tidy(message) or f"the engine answered with status {status}"
    if why := why_unstartable(message):
        told = f"{asked}: {why}" if asked else why
        if program := missing_program(message) or forbidden_program(message):
            return NoProgram(told, program, asked.removeprefix("container "), help=_COMMANDS)
        return EngineError(told, help=_DIRECTORY_MADE)
    if _TOO_OLD.search(message):
        return EngineUnavailable(text, help="this engine is too new for this composer: update it")
    if asked and asked not in text:
        text = f"{asked}: {text}"
    if status >= 400 and _BUSY.search(message):
        return AnswerLost(text)
    if lost_track(message):
        return Unstartable(text, help="'composer up' replaces it")
    if status == 409 and _NAME_TAKEN.search(message):
        return NameTaken(text)
    if status == 409 or _TAKEN.search(message):
        return Conflict(text)
    if status == 404 and _VANISHED.search(message):
        return Vanished(text)
    if status == 404:
        return NotFound(text)
    return EngineError(text)


def answered(status: int, body: bytes, asked: str = "") -> EngineError:
    """Return the error for an answer with `status` of 400 or more.

    The engine explains its failures in JSON.  Who does not stands between it and
    us, and does not know what has become of the request.
    """
    message = said(body)
    if status >= 500 and message == body.decode(errors="replace").strip():
        text = " ".join(message.split())[:200] or "nothing more"
        return AnswerLost(f"something before the engine answered with status {status}: {text}")
    return refusal(status, message, asked)


def ambiguous(message: str) -> str:
    """Return the name that several networks have, "" if that is not the trouble."""
    found = _AMBIGUOUS.search(message)
    return found[1] if found else ""


def lost_track(message: str) -> bool:
    """Say whether a refused start is that of a container which can only be replaced."""
    return _LOST_TRACK.search(message) is not None


def registry_refusal(ref: str, message: str, *, moved: bool = False) -> EngineError:
    """Return the error for a pull or push of `ref` that failed with `message`.

    `moved` says that a part of it was transferred before.
    """
    text = f"{ref}: {tidy(message)}"
    login = f"log in with '{f'docker login {_registry(ref)}'.rstrip()}'"
    if _NO_NAME in message:
        return NotFound(f"no image can be called {ref!r}", help=_name_help(ref))
    if re.search(r"pull access denied", message, re.IGNORECASE):
        return NotFound(
            f"image {ref} does not exist, or asks for a login",
            help=f"check the name, or {login}",
        )
    if _LOGIN.search(message):
        return LoginRequired(
            f"the registry refuses {ref} without a login ({tidy(message)})", help=login
        )
    if _MISSING.search(message):
        return NotFound(
            f"image {ref} is not in its registry ({tidy(message)})",
            help="check the name, and the tag behind its last colon",
        )
    if _BROKEN.search(message) or (moved and _UNREACHABLE.search(message)):
        return BrokenOff(
            f"the registry broke off the transfer of {ref} ({tidy(message)})",
            help="nothing is left half done: try again when the registry is well",
        )
    if _UNREACHABLE.search(message):
        return EngineError(text, help="the engine cannot reach the registry: is it online?")
    return EngineError(text)


def said(body: bytes) -> str:
    """Return the message in the body of a refusal."""
    text = body.decode(errors="replace").strip()
    try:
        answer = json.loads(text)
    except ValueError:
        return text
    found = answer.get("message") or answer.get("cause") if isinstance(answer, dict) else None
    return str(found) if found else text


def tidy(message: str) -> str:
    """Return the engine's words as we word things: one line, lower case, no full stop."""
    text = " ".join(message.split()).removeprefix("Error response from daemon: ")
    text = _TWICE.sub(r"\1", text.removesuffix("."))
    first = text.split(" ", 1)[0]
    capitalised = first[:1].isupper() and first[1:].islower() and first not in _METHODS
    return text[:1].lower() + text[1:] if capitalised or len(first) == 1 else text


def _name_help(ref: str) -> str:
    """Return how an image could be called; a tag may have capitals, a name may not."""
    name, colon, tag = ref.rpartition(":") if ":" in ref else (ref, "", "")
    lower = f"{name.lower()}{colon}{tag}"
    if lower == ref or len(ref.split()) > 1:
        return "write [REGISTRY/]NAME[:TAG], the name in lower case"
    return f"write it in lower case: {lower}"


def _registry(ref: str) -> str:
    """Return the registry that `ref` names; "" for the default one."""
    first, slash, _ = ref.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else ""
