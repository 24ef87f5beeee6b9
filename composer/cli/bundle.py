"""Put the project with its images into one file, for a machine without a network"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from composer.cli import flags, locking
from composer.cli.hangup import hangups_heard
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import InvalidProject
from composer.record import replace

if TYPE_CHECKING:
    from composer.loader.nodes import MarkedMap


def configure(parser: Parser) -> None:
    add = parser.add_argument
    add("-o", "--output", metavar="FILE", help="Where it goes (default: PROJECT.bundle.tar)")
    flags.switches(
        parser,
        {
            "--volumes": "What is in named volumes too",
            "--with-env": "Env files too, with the values in them",
            "--no-images": "Leave out the images",
        },
    )
    locking.configure(parser)
    add("--pause", action=Switch, default=True,
        help="Let nobody write into a volume while it is copied (default)")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.bundle import BundleOptions, bundle, fetch, refuse_unreadable
    from composer.loader.carried import carried, env_template
    from composer.loader.pipeline import load
    from composer.model.units import counted, print_bytes

    loaded = load(session.load_options(resolve_environment=False))
    session.warn(loaded.warnings)
    locked = Namespace(locked=options.locked, services=())
    project = locking.obey(locked, session, loaded.project)
    files = carried(loaded, variables=options.with_env)
    if files.problems:
        raise InvalidProject(files.problems)
    path = os.path.join(session.directory, options.output or f"{project.name}.bundle.tar")
    request = BundleOptions(
        path=path, images=not options.no_images, volumes=options.volumes, pause=options.pause
    )
    refuse_unreadable(project, request)
    for missing in files.missing:
        session.console.say(f"warning: {missing} is not taken along: it must be there already")
    if session.options.dry_run:
        session.console.print("".join(f"{name}\n" for name in files.files))
        return 0
    if request.images:
        with session.progress("bundle") as report:
            fetch(project, session.engine, report)
    written = _written(session)
    template = env_template(_variables(written))
    with hangups_heard():
        made = bundle(project, files, template, written, session.engine, request)
    session.console.say(
        f"{path}: {counted(len(files.files), 'file')}, {counted(len(made.images), 'image')}, "
        f"{counted(len(made.volumes), 'volume')}, {print_bytes(os.path.getsize(path))}"
    )
    return 0


def _written(session: Session) -> MarkedMap:
    """Return what the files say, with variables where they have some."""
    from composer.loader.pipeline import merge_files

    options = session.load_options(interpolate=False, normalise=False, resolve_environment=False)
    return merge_files(replace(options, resolve_paths=False)).root


def _variables(written: MarkedMap) -> Iterator[tuple[str, bool, str]]:
    """Yield each variable that the files use, whether it is needed, and its default."""
    from composer.loader.interpolate import variables

    for one in variables(written):
        yield one.name, one.required, one.default
