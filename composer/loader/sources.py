"""Where the files of a project are, and reading them: what is remote is fetched first."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

from composer.errors import InvalidProject, Problem
from composer.loader import files, paths
from composer.model.options import LoadOptions
from composer.record import replace
from composer.source import SourceFile, SourceMark

if TYPE_CHECKING:
    from composer.loader.remote import Elsewhere


class Sources:
    """Finds and reads the files of one project.

    `seen` are the paths of those on this machine, `foreign` what people call the others;
    `env_files` are those that an include names, and where it does.
    """

    def __init__(self, options: LoadOptions) -> None:
        self.seen: set[str] = set()
        self.foreign: set[str] = set()
        self.env_files: dict[str, SourceMark | None] = {}
        self._here = options.working_directory
        self._fetch = options.fetch
        self._texts = options.texts
        self._elsewhere: Elsewhere | None = None

    def located(self, found: files.Found) -> files.Found:
        """Return `found` with all its files on this machine.

        Where there is a remote one, the first of them says where all relative
        paths begin, those of local files too: Docker Compose's rule.
        Raises InvalidProject with every file that cannot be fetched.
        """
        remote = [path for path in found.paths if files.is_remote(path)]
        if not remote:
            return found
        located: dict[str, str] = {}
        problems: list[Problem] = []
        for path in found.paths:
            try:
                located[path] = self.locate(path, self._here)
            except InvalidProject as error:
                problems += error.problems
        if problems:
            raise InvalidProject(problems)
        directory = os.path.dirname(located[remote[0]])
        return replace(
            found,
            paths=tuple(located[path] for path in found.paths),
            project_directory=directory,
        )

    def locate(self, text: str, directory: str, mark: SourceMark | None = None) -> str:
        """Return the absolute path of the file that `text`, said at `mark`, names; "-" stays.

        A path begins at `directory`.  Raises InvalidProject.
        """
        if text == files.STDIN:
            return text
        if files.is_remote(text):
            if self._elsewhere is None:
                from composer.loader.remote import Elsewhere

                self._elsewhere = Elsewhere(self._fetch)
            return self._elsewhere.path(text, directory, mark)
        path = paths.absolute(text, directory)
        if self._elsewhere is not None:
            self._elsewhere.check(text, path, directory, mark)
        return path

    def relative(self, path: str, directory: str) -> str:
        """Return `path` as seen from `directory`: what was fetched is not seen from outside."""
        if self._elsewhere is not None and self._elsewhere.is_outside(path, directory):
            return path
        return os.path.relpath(path, directory)

    def read(self, path: str, relative_to: str | None = None) -> SourceFile:
        """Return the text of a file; if it was fetched, it is called by its reference.

        Another one is called by its path from a directory, the working directory if
        that is None.  Raises InvalidProject.
        """
        if path in self._texts:
            return self._texts[path]
        name = self._elsewhere.name(path) if self._elsewhere is not None else None
        if name is None:
            self.seen.add(path)
        else:
            self.foreign.add(name)
        return files.read(path, relative_to=relative_to or self._here, name=name)
