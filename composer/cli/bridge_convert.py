"""Turn the project into Kubernetes manifests or something else"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    add = parser.add_argument
    add("-o", "--output", metavar="DIR", default="out", help="Where the result goes (default: out)")
    add("--templates", metavar="DIR", help="Templates in place of those of the transformation")
    add("-t", "--transformation", action="append", default=[], metavar="IMAGE",
        help="What converts (default: docker/compose-bridge-kubernetes); repeatable")  # fmt: skip
    add("-y", "--yes", action=Switch, help="Delete what is in the output directory without asking")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions import bridge
    from composer.render.yaml_text import to_yaml

    session.assume_yes = options.yes
    project = session.installed(session.project())
    transformations = options.transformation or [bridge.DEFAULT]
    output = os.path.join(session.directory, options.output)
    templates = options.templates and os.path.join(session.directory, options.templates)
    if templates and not os.path.isdir(templates):
        raise UsageError(f"--templates: {options.templates!r} is no directory")
    if session.options.dry_run:
        for transformation in transformations:
            session.console.say(f"{session.console.prefix} {transformation} -> {options.output}")
        return 0
    _refuse_own(session, project, output, templates)
    with session.progress("pull") as report:
        bridge.fetch(session.engine, bridge.wanted(project, transformations), report)
    images = bridge.images_of(project, session.engine)
    for name in bridge.unknown(project, images):
        session.console.say(
            f"warning: the image of service {name!r} is not built yet: the ports that its "
            "Dockerfile exposes are not known"
        )
    text = to_yaml(bridge.model(project, images), escape=False)
    _prepare(session, output)
    for transformation in transformations:
        said = bridge.convert(session.engine, transformation, text, output, templates)
        for stream, data in said:
            session.console.write(data, to_err=stream == "stderr")
    return 0


def _refuse_own(session: Session, project: Project, output: str, templates: str | None) -> None:
    """Raise UsageError if what the output's directory loses would be missed."""
    needed = [session.directory, project.directory, *project.files, *filter(None, [templates])]
    whole = os.path.realpath(output)
    for path in needed:
        if os.path.commonpath([whole, os.path.realpath(path)]) == whole:
            raise UsageError(
                f"--output {output}: {path} is in it, and all that is in it is deleted",
                help="name another directory, one that holds nothing else",
            )


def _prepare(session: Session, output: str) -> None:
    """Make the output directory, empty.  Raises Cancelled, UsageError."""
    try:
        if os.path.lexists(output) and (not os.path.isdir(output) or os.listdir(output)):
            question = f"All that is in {output} will be deleted. Go on?"
            if not session.assume_yes and not session.ask(question):
                raise Cancelled("nothing was converted")
            _empty(output)
        os.makedirs(output, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output}: {(error.strerror or '').lower()}") from None


def _empty(directory: str) -> None:
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
