"""Upon which images Dockerfiles build: who builds upon the image of another service comes later.

Read when images may be built; what cannot be read is left out, and the builder finds out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from composer.dockerfile import bases
from composer.model.build import Build
from composer.model.project import Project
from composer.record import replace


def with_bases(project: Project, args: Mapping[str, str | None] = {}) -> Project:
    """Return `project` with the images that the Dockerfiles of its services name.

    `args` are build arguments of the command line, for all of them.
    """
    built = {name: one.build for name, one in project.services.items() if one.build}
    if len(built) < 2:
        return project
    texts = {name: text_of(build) for name, build in built.items()}
    found = {
        name: bases(text, {**built[name].args, **args}) for name, text in texts.items() if text
    }
    return replace(project, bases=found)


def text_of(build: Build) -> str:
    """Return the Dockerfile, "" where it cannot be read."""
    if build.dockerfile_inline is not None:
        return build.dockerfile_inline
    try:
        path = os.path.join(build.context, build.dockerfile or "Dockerfile")
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
