"""Files from elsewhere: where they are on this machine, and what people call them.

Whoever loads hands in what fetches (`LoadOptions.fetch`); this room knows neither
git nor registries.  Nothing that was fetched may lead out of its own directory.
"""

from __future__ import annotations

import os.path
from typing import NoReturn

from composer.errors import FetchFailed, InvalidProject, Problem, did_you_mean
from composer.loader import files
from composer.model.reference import Fetch, Fetched
from composer.source import SourceMark


class Elsewhere:
    """The directories that references were fetched into."""

    def __init__(self, fetch: Fetch | None) -> None:
        self._fetch = fetch
        self._fetched: dict[str, Fetched] = {}

    def path(self, text: str, directory: str, mark: SourceMark | None) -> str:
        """Return the path of the compose file that a reference, said at `mark`, names.

        Raises InvalidProject.
        """
        if self._fetch is None:
            _refuse(f"{text!r} is not on this machine, and nothing is fetched here", mark)
        try:
            fetched = self._fetch(text)
        except FetchFailed as error:
            local = os.path.lexists(os.path.join(directory, text))
            hint = f"for the file of that name, write ./{text}" if local else error.help
            raise InvalidProject([Problem(error.message, mark, hint)]) from None
        self._fetched.setdefault(fetched.directory, fetched)
        return _file(fetched, mark)

    def check(self, text: str, path: str, directory: str, mark: SourceMark | None) -> None:
        """Refuse a relative path `text` of a fetched file that leads out of its directory."""
        home = self._home(directory)
        if home is not None and not os.path.isabs(text) and not _is_in(path, home.directory):
            _refuse(f"{text!r} leads out of {home.name}", mark)

    def is_outside(self, path: str, directory: str) -> bool:
        """Say whether `path` was fetched, into a directory that `directory` is not in."""
        home = self._home(path)
        return home is not None and not _is_in(directory, home.directory)

    def name(self, path: str) -> str | None:
        """Return what people call the file at `path`, None if it was not fetched.

        Raises InvalidProject if it is a link that leads elsewhere.
        """
        home = self._home(path)
        if home is None:
            return None
        name = home.called(os.path.relpath(path, home.directory))
        if not _is_in(os.path.realpath(path), os.path.realpath(home.directory)):
            _refuse(f"{name} is a link that leads out of {home.name}")
        return name

    def _home(self, path: str) -> Fetched | None:
        """Return what was fetched into a directory that `path` is in."""
        return next((one for one in self._fetched.values() if _is_in(path, one.directory)), None)


def _file(fetched: Fetched, mark: SourceMark | None) -> str:
    """Return the compose file that is named, or that stands in the directory that is."""
    inner = os.path.normpath(fetched.path)
    path = os.path.normpath(os.path.join(fetched.directory, inner))
    root = os.path.realpath(fetched.directory)
    if os.path.isabs(inner) or not _is_in(path, fetched.directory):
        _refuse(f"path {fetched.path!r} leads out of {fetched.name}", mark)
    if not _is_in(os.path.realpath(path), root):
        _refuse(f"{fetched.called(inner)} is a link that leads out of {fetched.name}", mark)
    if not os.path.exists(path):
        _refuse(f"there is no {fetched.path!r} in {fetched.name}", mark, _neighbour(path))
    if not os.path.isdir(path):
        return path
    names = files.present(path, files.NAMES)
    if not names:
        where = fetched.name if inner == "." else f"{inner!r} in {fetched.name}"
        hint = f"name the file; there are {_list(path)}" if _list(path) else None
        _refuse(f"no compose file in {where}", mark, hint)
    return os.path.join(path, names[0])


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _neighbour(path: str) -> str | None:
    directory, name = os.path.split(path)
    near = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return did_you_mean(name, near)


def _list(directory: str) -> str:
    """Return the names of the YAML files in a directory."""
    names = (name for name in os.listdir(directory) if name.endswith((".yaml", ".yml")))
    return ", ".join(sorted(names)[:9])


def _refuse(message: str, mark: SourceMark | None = None, hint: str | None = None) -> NoReturn:
    raise InvalidProject([Problem(message, mark, hint)])
