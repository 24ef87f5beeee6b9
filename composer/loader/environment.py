"""The variables that ${…} and COMPOSE_… mean: the shell, then .env files.

A variable of the shell always wins.  Of several --env-file the later one wins;
of the default .env files the first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from composer.errors import InvalidProject, Problem
from composer.loader import dotenv, files
from composer.model.options import LoadOptions
from composer.record import dataclass


@dataclass(frozen=True)
class Environment:
    """`files` are the absolute paths of the files that were read, in that order."""

    variables: Mapping[str, str]
    files: tuple[str, ...] = ()


def collect(options: LoadOptions, project_directory: str | None) -> Environment:
    """Return the variables for a project in `project_directory`, None while it is unknown.

    Raises InvalidProject when a file that was asked for is missing, or when one
    cannot be understood.
    """
    shell = dict(options.environment)
    shell.setdefault("PWD", options.working_directory)
    asked = _asked(options)
    if asked:
        paths = tuple(files.absolute(path, options.working_directory) for path in asked)
        _check_presence(paths, options.working_directory)
    elif _is_true(shell.get("COMPOSE_DISABLE_ENV_FILE", "")):
        paths = ()
    else:
        paths = _default_paths(options, project_directory)
    return _read(paths, shell, options.working_directory, later_wins=later_wins(options))


def later_wins(options: LoadOptions) -> bool:
    """Say which of several files counts: of those asked for the last, of others the first."""
    return bool(_asked(options))


def _read(
    paths: tuple[str, ...], shell: Mapping[str, str], here: str, *, later_wins: bool
) -> Environment:
    values: dict[str, str] = {}
    for path in paths:
        file = files.read(path, relative_to=here)
        new = dotenv.parse(file, shell.get, earlier=values)
        values = {**values, **new} if later_wins else {**new, **values}
    return Environment({**values, **shell}, paths)


def _default_paths(options: LoadOptions, project_directory: str | None) -> tuple[str, ...]:
    """Return the .env files that are there: where the flags point, then the project's own."""
    directories = [files.first_directory(options)]
    if project_directory is not None:
        directories.append(files.absolute(project_directory, options.working_directory))
    paths = dict.fromkeys(os.path.join(directory, ".env") for directory in directories)
    return tuple(path for path in paths if os.path.isfile(path))


def _asked(options: LoadOptions) -> tuple[str, ...]:
    named = options.environment.get("COMPOSE_ENV_FILES", "").split(",")
    return options.env_files or tuple(filter(None, named))


def _check_presence(paths: tuple[str, ...], here: str) -> None:
    problems = []
    for path in paths:
        if not os.path.lexists(path):
            message = f"couldn't find env file: {files.shorter_name(path, here)}"
            problems.append(Problem(message, help=files.neighbour(path, here)))
    if problems:
        raise InvalidProject(problems)


def _is_true(text: str) -> bool:
    return text.lower() in ("1", "t", "true", "y", "yes", "on")
