"""Which engine the command line asks for, in the docker CLI's flags."""

from __future__ import annotations

from composer.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """None and empty: the flag was not given.  `config` is docker's directory.

    `tls` and `verify` are None where they are left to DOCKER_TLS and DOCKER_TLS_VERIFY.
    """

    hosts: tuple[str, ...] = ()
    context: str | None = None
    config: str | None = None
    tls: bool | None = None
    verify: bool | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
