"""`plan --out` and `up --plan`: what was asked for travels with the plan."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from composer.cli import up_flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import Cancelled, UsageError
from composer.record import replace

if TYPE_CHECKING:
    from composer.model.saved_plan import Asked, SavedPlan

_FLAGS = (
    "files",
    "env_files",
    "profiles",
    "project_name",
    "project_directory",
    "all_resources",
    "compatibility",
    "insecure_registries",
)
_VARIABLES = (
    "COMPOSE_COMPATIBILITY",
    "COMPOSE_DISABLE_ENV_FILE",
    "COMPOSE_ENV_FILES",
    "COMPOSE_FILE",
    "COMPOSE_IGNORE_ORPHANS",
    "COMPOSE_PATH_SEPARATOR",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_REMOVE_ORPHANS",
)
_NOT_KEPT = ("yes", "y", "help")


def refuse_standard_input(session: Session) -> None:
    """Raise UsageError for a plan that nobody could make again."""
    if "-" in session.options.files:
        raise UsageError("--out: a plan of a file from standard input could not be carried out")


def asked(options: Namespace, session: Session) -> Asked:
    """Return what this command was asked for, so that it can be asked again."""
    from composer.model.saved_plan import Asked

    given = {name: getattr(session.options, name) for name in _FLAGS}
    return Asked(
        directory=session.directory,
        flags={name: value for name, value in given.items() if value},
        variables={k: v for k, v in session.environment.items() if k in _VARIABLES},
        options={name: _plain(value) for name, value in _differing(options)},
    )


def adopt(options: Namespace, session: Session) -> None:
    """Ask for what the plan of --plan was asked for, in its directory."""
    from composer.actions import saved_plan

    saved = saved_plan.read(options.plan)
    _refuse_contradictions(options, session, saved)
    asked = saved.asked
    session.directory = asked.directory
    flags: dict[str, Any] = {name: _tupled(value) for name, value in asked.flags.items()}
    session.options = replace(session.options, **flags)
    kept = {k: v for k, v in session.environment.items() if k not in _VARIABLES}
    session.environment = {**kept, **asked.variables}
    for name, value in asked.options.items():
        setattr(options, name, tuple(value) if name == "services" else value)  # type: ignore[arg-type]
    saved_plan.refuse_changed_files(saved)
    session.saved = saved


def agree(session: Session) -> None:
    """Have the user agree to what a saved plan destroys: this command has not said it yet."""
    saved = session.saved
    if saved is None or not saved.losses or session.assume_yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f"the plan destroys data: {'; '.join(saved.losses)}",
            help="--yes carries it out all the same",
        )
    for loss in saved.losses:
        session.console.say(f"data lost: {loss}")
    session.console.err.write(f"Type {saved.project} to lose it; anything else does nothing: ")
    session.console.err.flush()
    if sys.stdin.readline().strip() != saved.project:
        raise Cancelled("nothing was done")


def _refuse_contradictions(options: Namespace, session: Session, saved: SavedPlan) -> None:
    """Raise UsageError for flags that say something else than the plan."""
    given = [f"--{name.replace('_', '-')}" for name, _ in _differing(options) if name != "services"]
    given += [f"SERVICE ({', '.join(options.services)})"] if options.services else []
    for name in _FLAGS:
        value = getattr(session.options, name)
        if value and value != _tupled(saved.asked.flags.get(name)):
            given.append(f"--{name.removesuffix('s').replace('_', '-')}")
    if given:
        raise UsageError(
            f"--plan {saved.path} says what is done: {' and '.join(sorted(given))} cannot be added",
            help="give them to 'composer plan --out'",
        )


def _differing(options: Namespace) -> Iterator[tuple[str, object]]:
    """Yield the options of `plan` and `up` that were given, with their values."""
    parser = Parser("", "")
    up_flags.configure(parser)
    for name, default in vars(parser.parse(())).items():
        value = getattr(options, name)
        if name not in _NOT_KEPT and value != default:
            yield name, value


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _tupled(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
