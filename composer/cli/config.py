"""Check the files and print the project they make"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.loader.interpolate import Variable
    from composer.loader.origins import Origins
    from composer.loader.pipeline import Merged
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("-q", "--quiet", action=Switch, help="Check only, print nothing")
    add("--format", metavar="FORMAT", default="", help="yaml (default) or json")
    add("-o", "--output", metavar="FILE", help="Write to a file")
    add("--services", dest="service_names", action=Switch, help="Print the names of services")
    flags.switches(
        parser,
        {
            "--volumes": "Print the names of volumes",
            "--networks": "Print the names of networks",
            "--models": "Print the models",
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
            "--no-interpolate": "Leave ${…} and short forms as they are written",
            "--no-normalize": "Leave out defaults and names that nobody wrote",
            "--no-path-resolution": "Leave relative paths relative",
            "--no-env-resolution": "Do not read env files of services",
            "--no-consistency": "Do not check that names refer to something",
            "--resolve-image-digests": "Print images with the digests of their registries",
            "--lock-image-digests": "Print nothing but these, as an override file",
        },
    )
    add("--origin", action=Switch, help="Say of each value which line or variable it comes from")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Print what the first flag asks for.

    As in Docker Compose, -q and -o are for the model; names are printed all the same.
    """
    for flag, answer in _ANSWERS.items():
        if getattr(options, flag):
            session.console.print(answer(options, session))
            return 0
    if options.format not in ("", "yaml", "json"):
        raise _unsupported(options.format)
    text = (_written if options.no_interpolate else _model)(options, session)
    if options.quiet:
        return 0
    if options.output:
        _save(options.output, text)
    else:
        session.console.out.write(_ended(text) if session.console.out.isatty() else text)
    return 0


def _project(options: Namespace, session: Session, **choices: Any) -> Project:
    return session.project(**_choices(options, session), **choices)


def _choices(options: Namespace, session: Session) -> dict[str, Any]:
    return {
        "interpolate": not options.no_interpolate,
        "normalise": _normalises(options, session),
        "resolve_paths": not options.no_path_resolution,
        "check_consistency": not options.no_consistency,
        "resolve_environment": _is_model(options) and not options.no_env_resolution,
        "keep_optional": True,
    }


def _is_model(options: Namespace) -> bool:
    return not any(getattr(options, flag) for flag in _ANSWERS)


def _normalises(options: Namespace, session: Session) -> bool:
    return not options.no_normalize and not session.options.compatibility


def _merged_with_origins(options: Namespace, session: Session) -> tuple[Merged, Origins]:
    """Return the whole model in the forms that were written."""
    from composer.loader.origins import merge_with_origins

    return merge_with_origins(
        session.load_options(
            interpolate=False,
            written=True,
            normalise=_normalises(options, session),
            resolve_paths=not options.no_path_resolution,
        )
    )


def _service_names(options: Namespace, session: Session) -> str:
    from composer.actions.config import service_names

    if options.no_interpolate:
        merged, _ = _merged_with_origins(options, session)
        return _lines(sorted(merged.root.get("services") or ()))
    return _lines(service_names(_project(options, session)))


def _volumes(options: Namespace, session: Session) -> str:
    return _lines(sorted(_project(options, session).volumes))


def _networks(options: Namespace, session: Session) -> str:
    return _lines(sorted(_project(options, session).networks))


def _models(options: Namespace, session: Session) -> str:
    models = _project(options, session).models.values()
    return _lines(sorted(one.model for one in models if one.model))


def _hashes(options: Namespace, session: Session) -> str:
    from composer.actions.config import hashes

    project = _project(options, session)
    asked = sorted(project.services if options.hash == "*" else options.hash.split(","))
    for name in asked:
        if name in project.disabled:
            profiles = " ".join(f"--profile {one}" for one in project.disabled[name].profiles[:1])
            raise UsageError(f"service {name!r} is switched off by its profiles", help=profiles)
    flags.known_services(asked, project.services)
    return _lines(f"{name} {digest}" for name, digest in hashes(project, asked))


def _profiles(options: Namespace, session: Session) -> str:
    from composer.actions.config import profile_names

    return _lines(profile_names(_project(options, session, services=options.services)))


def _images(options: Namespace, session: Session) -> str:
    from composer.actions.config import image_names

    project = _project(options, session, services=options.services)
    return _lines(image_names(project, options.services))


def _environment(options: Namespace, session: Session) -> str:
    variables = session.load(options.services).environment
    if options.quiet:
        return ""
    return _lines(f"{name}={value}" for name, value in sorted(variables.items()))


def _variables(options: Namespace, session: Session) -> str:
    from composer.loader.interpolate import variables
    from composer.render.table import table
    from composer.render.yaml_text import to_json, to_yaml

    merged, origins = _merged_with_origins(options, session)
    found = variables(merged.root)
    if options.format == "json":
        keys = ("Name", "DefaultValue", "PresenceValue", "Required")
        return to_json(_by_name(found, keys), escape=False, indent=4) + "\n\n"
    if options.format == "yaml":
        keys = ("name", "defaultvalue", "presencevalue", "required")
        text = to_yaml(_by_name(found, keys), escape=False)
        return text.replace("\n  ", "\n    ")  # as Docker Compose has it
    if options.format not in ("", "table"):
        raise _unsupported(options.format)
    rows = [("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE")]
    rows += [(one.name, str(one.required).lower(), one.default, one.alternate) for one in found]
    if not options.origin:
        return table(rows, minimum=20)
    from composer.actions.origin import worded

    sources = ["SOURCE", *(worded(origins.of_variable(one.name)) for one in found)]
    return table([(*row, source) for row, source in zip(rows, sources, strict=True)], minimum=20)


def _by_name(found: Iterable[Variable], keys: tuple[str, ...]) -> dict[str, Any]:
    return {
        one.name: dict(zip(keys, (one.name, one.default, one.alternate, one.required), strict=True))
        for one in found
    }


_ANSWERS: Mapping[str, Callable[[Namespace, Session], str]] = {
    "service_names": _service_names,
    "volumes": _volumes,
    "networks": _networks,
    "models": _models,
    "hash": _hashes,
    "profiles": _profiles,
    "images": _images,
    "variables": _variables,
    "environment": _environment,
}
"""What may be asked for instead of the model; of several flags the first here counts."""


def _model(options: Namespace, session: Session) -> str:
    project, origins = _with_origins(options, session)
    if options.quiet and not (options.resolve_image_digests or options.lock_image_digests):
        return ""  # the project is sound, and printing cannot fail
    from composer.actions.config import narrowed, without_implied_names
    from composer.model.tree import project_tree

    project = narrowed(project, options.services, used=not session.options.all_resources)
    tree = project_tree(project, json=options.format == "json" and origins is None)
    if not _normalises(options, session):
        tree = without_implied_names(tree, project)
    return _printed(_with_digests(tree, options, session), options, origins)


def _with_origins(options: Namespace, session: Session) -> tuple[Project, Origins | None]:
    """Return the project, and with --origin what says where its values come from."""
    choices = _choices(options, session)
    if not options.origin:
        return session.project(options.services, **choices), None
    from composer.loader.origins import load_with_origins

    loaded, origins = load_with_origins(session.load_options(options.services, **choices))
    session.warn(loaded.warnings)
    return loaded.project, origins


def _written(options: Namespace, session: Session) -> str:
    from composer.actions.config import with_nil
    from composer.model.tree import free_tree

    merged, origins = _merged_with_origins(options, session)
    session.warn(merged.warnings)
    tree = {**merged.root}
    if _normalises(options, session):
        tree["name"] = merged.name
    tree = free_tree(tree, options.format == "json", nil=False)
    tree = _with_digests(with_nil(tree) if options.format == "json" else tree, options, session)
    return _printed(tree, options, origins if options.origin else None, escape=False)


def _with_digests(tree: dict[str, Any], options: Namespace, session: Session) -> dict[str, Any]:
    """Return `tree` with the digests of its images, if a flag asks for them."""
    from composer.actions.config import locked, pinned

    if options.lock_image_digests:
        return locked(pinned(tree, session.registries.digest))
    if options.resolve_image_digests:
        return pinned(tree, session.registries.digest)
    return tree


def _printed(
    tree: Mapping[str, Any],
    options: Namespace,
    origins: Origins | None,
    *,
    escape: bool = True,
) -> str:
    from composer.render.yaml_text import to_json, to_yaml

    if origins is None:
        return (to_json if options.format == "json" else to_yaml)(tree, escape=escape)
    from composer.actions.origin import annotated, listed

    if options.format == "json":
        return to_json(listed(tree, origins), escape=False) + "\n"
    return annotated(to_yaml(tree, escape=escape), origins)


def _unsupported(format: str) -> UsageError:
    return UsageError(f"unsupported --format value {format!r}", help="yaml or json")


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _save(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"--output {path!r}: {(error.strerror or str(error)).lower()}") from None
