"""Names and label keys, as Docker Compose writes them.

A function in here computes from its own arguments and nothing else.
"""

from __future__ import annotations

import re
from enum import StrEnum

import composer


class Label(StrEnum):
    """Keys of labels, which are the only state there is: Docker Compose's, and a few of ours."""

    PROJECT = "com.docker.compose.project"
    SERVICE = "com.docker.compose.service"
    NUMBER = "com.docker.compose.container-number"
    ONEOFF = "com.docker.compose.oneoff"
    SLUG = "com.docker.compose.slug"
    CONFIG_HASH = "com.docker.compose.config-hash"
    IMAGE = "com.docker.compose.image"
    IMAGE_MOUNTS = "com.docker.compose.image-volume-digest"
    DEPENDS_ON = "com.docker.compose.depends_on"
    REPLACE = "com.docker.compose.replace"
    WORKING_DIR = "com.docker.compose.project.working_dir"
    CONFIG_FILES = "com.docker.compose.project.config_files"
    ENVIRONMENT_FILE = "com.docker.compose.project.environment_file"
    VERSION = "com.docker.compose.version"
    NETWORK = "com.docker.compose.network"
    VOLUME = "com.docker.compose.volume"
    HOOK = "com.docker.compose.hook"
    SETTLED = "io.composer.settled-digest"
    CONTENT = "io.composer.content-digest"
    FILES = "io.composer.files-of"
    REPLACED_BECAUSE = "io.composer.replaced-because"
    PROVIDED = "io.composer.provided"


KEPT_AT = "/.composer-files"
"""Where a volume with a container's files is seen whole, if the engine mounts no part of it."""

COMPOSE_VERSION = composer.COMPOSE_VERSION
"""The Docker Compose whose labels and hashes we write."""


def is_project_name(text: str) -> bool:
    """Say whether `text` may be given as a project's name."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text) is not None


def project_name_from(text: str) -> str:
    """Return `text`, say a directory's name, made into a project name; "" if nothing is left."""
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-")


def container_name(project: str, service: str, number: int, separator: str = "-") -> str:
    return separator.join((project, service, str(number)))


def hook_name(
    project: str, service: str, moment: str, index: int, number: int = 0, separator: str = "-"
) -> str:
    """Return the name of the container that runs a hook; `number` is that of its replica."""
    parts = [project, service, moment, str(index), *([str(number)] if number else [])]
    return separator.join(parts)


def aside_name(old_id: str, name: str) -> str:
    """Return what container `old_id`, called `name`, is called while its successor is tried.

    Docker Compose calls the successor by the first digits of the same id: it can still
    replace a container that bears this name.
    """
    return f"{old_id[12:24]}_{name}"


def is_replacement_name(name: str) -> bool:
    """Say whether `name` looks like that of a container in the middle of a replacement."""
    return re.match(r"[0-9a-f]{12}_.", name) is not None


def resource_name(project: str, key: str) -> str:
    """Return the engine's name of the network or volume `key`."""
    return f"{project}_{key}"


def image_name(project: str, service: str, separator: str = "-") -> str:
    """Return the name of the image built for a service that does not name one."""
    return f"{project}{separator}{service}"


def plain_reference(ref: str) -> str:
    """Return `ref` without a digest, the same for all ways to write it.

    docker.io/library/x is x:latest.
    """
    name = re.sub(r"^(?:index\.)?docker\.io/(?:library/)?", "", ref.partition("@")[0])
    return full_reference(name.removeprefix("library/"))


def full_reference(ref: str) -> str:
    """Return `ref` with its tag: "nginx" is "nginx:latest"."""
    last = ref.rsplit("/", 1)[-1]
    return ref if "@" in ref or ":" in last else f"{ref}:latest"
