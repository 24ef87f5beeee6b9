"""List the transformation images that are here"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.model.observed import ObservedImage


def configure(parser: Parser) -> None:
    parser.add_argument("--format", default="table", metavar="FORMAT", help="table or json")
    flags.switches(parser, {"-q --quiet": "Names only"})
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.bridge import transformations
    from composer.render.images import name_and_tag
    from composer.render.sizes import human_size
    from composer.render.table import table

    if options.format not in ("table", "json"):
        raise UsageError(f"format value {options.format!r} could not be parsed", help="table, json")
    found = transformations(session.engine)
    if options.quiet:
        names = (image.refs[0] if image.refs else image.id for image in found)
        session.console.print("".join(f"{name}\n" for name in names))
    elif options.format == "json":
        session.console.print(_json(found))
    else:
        rows = [("IMAGE ID", "REPO", "TAGS", "SIZE")]
        for image in found:
            repository, tag = name_and_tag(image.refs[0]) if image.refs else ("", "")
            id = image.id.removeprefix("sha256:")[:12]
            rows.append((id, repository or "<none>", tag or "<none>", human_size(image.size)))
        session.console.print(table(rows, minimum=20))
    return 0


def _json(found: tuple[ObservedImage, ...]) -> str:
    """Return the images as the engine tells of them, which is what Docker Compose prints."""
    from composer.render.template import go_json

    return go_json(
        [
            {
                "Containers": -1,
                "Created": image.created,
                "Id": image.id,
                "Labels": dict(sorted(image.labels.items())) or None,
                "ParentId": image.parent,
                "RepoDigests": list(image.digests) or None,
                "RepoTags": list(image.refs) or None,
                "SharedSize": -1,
                "Size": image.size,
            }
            for image in found
        ],
        escape=False,
    )
