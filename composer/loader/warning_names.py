"""The names of all warnings, each with what it means: what `composer check --list` prints.

docs/check.md explains each at length; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from composer.errors import did_you_mean

LOADING: Final[Mapping[str, str]] = {
    "boolean-spelling": "a word such as yes, put in by ${…}, stands where true or false belongs",
    "cut-command": "a command written as one text ends where a shell operator stands",
    "external-name": "external: {name: …} is the old way to write external: true and name",
    "linked-directory": "the project is called after a link, and otherwise by another way",
    "obsolete-version": "the key `version` means nothing any more",
    "one-letter-volume": "a:/b is a volume here, and drive A to Docker Compose",
    "published-twice": "an override adds a port where it may mean to replace one",
    "restart-policy": "a restart policy that the engine does not know",
    "several-files": "compose files of several names lie in one directory",
    "unknown-profile": "a profile was asked for that no service has",
    "unknown-volume-option": "an option behind a volume that does not exist, and is ignored",
    "unset-variable": "${NAME} without a default, and the variable is not set",
}
"""Printed by every command that loads the files."""

ADVICE: Final[Mapping[str, str]] = {
    "anonymous-data": "the data of a database has no named volume",
    "database-not-awaited": "a service starts together with a database, not when that is ready",
    "database-port": "the port of a database is open to every network of the machine",
    "database-without-password": "a database image that does not start without a password",
    "dead-ports": "ports have no effect: beside network_mode: host, or on internal networks",
    "desktop-only-host": "host.docker.internal is not known to an engine on Linux",
    "disabled-healthcheck": "somebody waits for a healthcheck that is switched off",
    "docker-socket": "the engine's socket is mounted: the container rules the machine",
    "eaten-dollar": "a $ meant for a shell or a password was taken for a variable",
    "host-root": "the whole file system of the machine is mounted and writable",
    "latest-tag": "an image without a version is another one from day to day",
    "localhost-database": "localhost in a container is the container, not the database",
    "missing-bind-file": "a file to be mounted does not exist; the engine makes a directory",
    "missing-file": "a file or directory that `up` needs does not exist",
    "mysql-root-user": "the mysql image does not start with MYSQL_USER: root",
    "never-completes": "somebody waits for the end of a service that always restarts",
    "no-healthcheck": "somebody waits until a service is healthy that has no healthcheck",
    "no-shell": "a list with shell operators in it, where no shell looks for them",
    "obsolete-links": "links are not needed since services have networks",
    "password-in-url": "an address with a password in it stands in the file",
    "port-conflict": "two containers want one port of the machine",
    "postgres-mount": "a volume is mounted where this version of postgres has no data",
    "privileged": "the container may do everything on the machine",
    "quoted-value": "quotes inside a list entry are part of the value",
    "refused-by-up": "what `config` prints and `up` does not carry out",
    "secret-in-build-args": "a secret among the build arguments stays in the image",
    "secret-in-command": "a password or token stands behind a flag of a command",
    "secret-in-environment": "a password or key stands in the file",
    "unknown-ignore": "something is silenced that does not exist",
    "unheard-reload": "a signal to reload that cannot be of use to its service",
    "unused-resource": "a network, volume, config or secret that no service uses",
    "yaml-spelling": "YAML reads a value in another way than it is written",
}
"""Given by `composer check` alone."""

WARNINGS: Final[Mapping[str, str]] = {**LOADING, **ADVICE}


def unknown(name: str) -> str:
    """Return the message that there is no warning `name`."""
    return f"there is no warning {name!r}"


def nearest(name: str) -> str:
    """Return what to write instead of `name`."""
    return did_you_mean(name, WARNINGS) or "composer check --list names them all"
