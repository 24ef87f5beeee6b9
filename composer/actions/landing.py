"""Where what is copied comes to lie, and under which name: the rules of `docker cp`.  Pure.

A path may say more than where it leads: one that ends with `/` is a directory, and one
that ends with `/.` is what is in it.
"""

from __future__ import annotations

import posixpath

from composer.errors import UsageError
from composer.record import dataclass

CONTENTS = "."
"""The name of what is not put below a name of its own: the contents of a directory."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: its path, whether it is a directory, and what it is to be called if
    links have led from the name that the user wrote to another one.
    """

    path: str
    directory: bool
    called: str = ""

    @property
    def name(self) -> str:
        last = split(self.path)[1]
        return CONTENTS if last == "/" else last


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes, links followed; `directory` is None if there is nothing yet."""

    path: str
    directory: bool | None


@dataclass(frozen=True, slots=True)
class Landing:
    """The directory that receives, which must exist, and the name in it, or CONTENTS."""

    directory: str
    name: str


def landing(source: Source, target: Target) -> Landing:
    """Return where `source` lands.  Raises UsageError for what does not go together."""
    parent, last = split(target.path)
    if target.directory:
        return Landing(target.path, source.called or source.name)
    if target.directory is False and source.directory:
        raise UsageError(f"cannot copy directory {source.path} onto the file {target.path}")
    if target.directory is None and not source.directory and asks_for_directory(target.path):
        raise UsageError(
            f"no such directory: {target.path}",
            help="make it first, or leave out the '/' at its end to make a file of that name",
        )
    return Landing(parent, last)


def rooted(path: str) -> str:
    """Return a path of a container from its root on: ".." leads no higher than that.

    What its end says is kept.
    """
    clean = posixpath.normpath(posixpath.join("/", path)).replace("//", "/", 1)
    if is_contents(path):
        return posixpath.join(clean, CONTENTS)
    return f"{clean}/" if asks_for_directory(path) and clean != "/" else clean


def split(path: str) -> tuple[str, str]:
    """Return the directory and the last part of a path; "a/." is "." in a, "a/" is a."""
    clean = posixpath.normpath(path)
    if clean.startswith("//"):
        clean = clean[1:]
    if is_contents(path):
        return clean, CONTENTS
    if clean == "/":
        return "/", "/"
    parent, last = posixpath.split(clean)
    return parent or ".", last


def is_contents(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == CONTENTS


def asks_for_directory(path: str) -> bool:
    return path.endswith("/") or is_contents(path)


def renamed(asked: str, led: str) -> tuple[str, str]:
    """Return a path to which the links of `asked` have led, and what to call it if otherwise.

    What the end of `asked` says stays said.
    """
    if is_contents(asked) and not is_contents(led):
        led = f"{led}/."
    elif asked.endswith("/") and not led.endswith("/"):
        led = f"{led}/"
    name = posixpath.basename(posixpath.normpath(asked))
    same = is_contents(asked) or name == posixpath.basename(posixpath.normpath(led))
    return led, "" if same else name


def beside(path: str, link: str) -> str:
    """Return where the link at `path` leads: `link` is from there, or from the root."""
    return link if link.startswith("/") else posixpath.normpath(f"{split(path)[0]}/{link}")
