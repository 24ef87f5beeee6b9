"""Check the files and print the project they make"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("-q", "--quiet", action=Switch, help="Check only, print nothing")
    add("--format", metavar="FORMAT", default="yaml", help="yaml (default) or json")
    add("-o", "--output", metavar="FILE", help="Write to a file")
    add("--services", dest="service_names", action=Switch, help="Print the names of services")
    flags.switches(
        parser,
        {
            "--volumes": "Print the names of volumes",
            "--networks": "Print the names of networks",
            "--models": "Print the names of models",
            "--profiles": "Print the names of profiles",
            "--images": "Print the images of services",
            "--environment": "Print the variables that ${…} can use",
            "--variables": "Print the variables that the files use",
        },
    )
    add("--hash", metavar="SERVICES", help="Print config hashes: of a,b or of '*'")
    flags.switches(
        parser,
        {
            "--no-interpolate": "Leave ${…} as it is written",
            "--no-normalize": "Leave out defaults and names that nobody wrote",
            "--no-path-resolution": "Leave relative paths relative",
            "--no-env-resolution": "Do not read env files of services",
            "--no-consistency": "Do not check that names refer to something",
            "--resolve-image-digests": "Print images with the digests they have on the engine",
            "--lock-image-digests": "Print nothing but these, as an override file",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    if options.format not in ("yaml", "json"):
        raise UsageError(f"unsupported --format value {options.format!r}", help="yaml or json")
    text = _answer(options, session)
    if options.quiet:
        return 0
    if options.output:
        _save(options.output, text)
    else:
        session.console.print(text)
    return 0


def _answer(options: Namespace, session: Session) -> str:
    if options.variables:
        return _variables(session)
    if options.no_interpolate and not options.quiet:
        return _uninterpolated(options, session)
    if options.environment:
        variables = session.load(options.services).environment
        return _lines(f"{name}={value}" for name, value in sorted(variables.items()))
    project = session.project(
        options.services,
        normalise=not options.no_normalize,
        resolve_paths=not options.no_path_resolution,
        resolve_environment=not options.no_env_resolution,
        check_consistency=not options.no_consistency,
    )
    if options.quiet and not _asks_for_more(options):
        return ""
    for found in (_names(options, project), _hashes(options, project)):
        if found is not None:
            return found
    return _model(options, session, project)


def _asks_for_more(options: Namespace) -> bool:
    """Say whether the answer may fail although the project is sound."""
    asked = (options.hash is not None, options.resolve_image_digests, options.lock_image_digests)
    return any(asked)


def _names(options: Namespace, project: Project) -> str | None:
    """Return the names asked for, None if none were."""
    from composer.actions.config import image_names, narrowed, profile_names, service_names

    if options.images:
        return _lines(image_names(project, options.services))
    project = narrowed(project, options.services)
    for asked, names in (
        (options.service_names, service_names(project)),
        (options.volumes, sorted(project.volumes)),
        (options.networks, sorted(project.networks)),
        (options.models, sorted(project.models)),
        (options.profiles, profile_names(project)),
    ):
        if asked:
            return _lines(names)
    return None


def _hashes(options: Namespace, project: Project) -> str | None:
    from composer.actions.config import hashes

    if options.hash is None:
        return None
    asked = sorted(project.services) if options.hash == "*" else options.hash.split(",")
    flags.known_services(asked, project.services)
    return _lines(f"{name} {digest}" for name, digest in hashes(project, asked))


def _model(options: Namespace, session: Session, project: Project) -> str:
    from composer.actions.config import narrowed, pinned
    from composer.model.tree import project_tree

    project = narrowed(project, options.services)
    if options.lock_image_digests:
        images = pinned(project, session.engine)
        return _printed({"services": {name: {"image": images[name]} for name in images}}, options)
    resolved = not options.no_env_resolution
    tree = project_tree(project, json=options.format == "json", resolved=resolved)
    if options.resolve_image_digests:
        for name, image in pinned(project, session.engine).items():
            tree["services"][name]["image"] = image
    return _printed(tree, options)


def _uninterpolated(options: Namespace, session: Session) -> str:
    from composer.loader.pipeline import merge_files

    merged = merge_files(
        session.load_options(
            options.services,
            interpolate=False,
            normalise=not options.no_normalize,
            resolve_paths=not options.no_path_resolution,
            resolve_environment=False,
        )
    )
    session.warn(merged.warnings)
    return _printed({"name": merged.name, **merged.root}, options, escape=False)


def _variables(session: Session) -> str:
    from composer.loader.interpolate import variables
    from composer.loader.pipeline import merge_files
    from composer.render.table import table

    options = session.load_options(
        interpolate=False, normalise=False, resolve_paths=False, resolve_environment=False
    )
    rows = [
        (one.name, str(one.required).lower(), one.default, one.alternate)
        for one in variables(merge_files(options).root)
    ]
    return table([("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"), *rows], minimum=20)


def _printed(tree: Mapping[str, Any], options: Namespace, *, escape: bool = True) -> str:
    from composer.render.yaml_text import to_json, to_yaml

    return (to_json if options.format == "json" else to_yaml)(tree, escape=escape)


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def _save(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else text + "\n")
    except OSError as error:
        raise UsageError(f"--output {path!r}: {(error.strerror or str(error)).lower()}") from None
