"""The lock file on the command line: where it is, and to do as it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    parser.add_argument(
        "--locked", action=Switch, help="Images by the digests that compose.lock has"
    )


def path(project: Project) -> str:
    from composer.actions.pins import NAME

    return os.path.join(project.directory, NAME)


def obey(options: Namespace, session: Session, project: Project) -> Project:
    """Return the project with the images of its lock file, if --locked says so."""
    if not options.locked:
        return project
    from composer.actions.pins import obeyed

    return obeyed(project, path(project), options.services)


def whole_project(session: Session) -> Project:
    """Load the project with the services of all profiles."""
    from composer.loader.pipeline import load
    from composer.record import replace

    options = session.load_options(resolve_environment=False)
    loaded = load(replace(options, profiles=("*",)))
    session.warn(loaded.warnings)
    return loaded.project
