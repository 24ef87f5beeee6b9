"""Write a compose file of containers that exist"""

from __future__ import annotations

import os

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    parser.operand("containers", "CONTAINER", "*")
    add = parser.add_argument
    add("--format", metavar="FORMAT", default="yaml", help="yaml (default) or json")
    add("--name", metavar="NAME", help="Name of the project (default: that of the containers)")
    add("--project-dir", metavar="DIR", help="Directory in which relative paths begin")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.generate import generate, relative_to
    from composer.model.tree import project_tree
    from composer.render.yaml_text import to_json, to_yaml

    if options.format not in ("yaml", "json"):
        raise UsageError(f"unsupported format {options.format!r}", help="yaml or json")
    name = options.name or session.options.project_name
    project = generate(session.engine, options.containers, name)
    if options.project_dir:
        project = relative_to(project, os.path.join(session.directory, options.project_dir))
    tree = project_tree(project, json=options.format == "json")
    if not project.name:
        tree.pop("name")
    session.console.print((to_json if options.format == "json" else to_yaml)(tree))
    return 0
