"""Publish the project as an artifact in a registry"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import Cancelled, UsageError
from composer.record import replace

if TYPE_CHECKING:
    from composer.actions.publish import PublishOptions, Ready
    from composer.loader.pipeline import Loaded
    from composer.model.project import Project
    from composer.model.reference import ArtifactReference
    from composer.remote.images import ImageRegistries

_VERSIONS = ("1.0", "1.1")


def configure(parser: Parser) -> None:
    parser.operand("repository", "REPOSITORY[:TAG]", "1")
    flags.switches(
        parser,
        {
            "--app": "Copy the images of services into the repository too",
            "--resolve-image-digests": "Fix images by the digests that they have now",
            "--with-env": "Publish env files of services too",
            "-y --yes": "Answer every question with yes",
        },
    )
    add = parser.add_argument
    add("--oci-version", metavar="VERSION", default="",
        help=f"Version of OCI, {' or '.join(_VERSIONS)} (default: what is taken)")  # fmt: skip
    add("--insecure-registry", action=Switch, help=SUPPRESS)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.publish import PublishOptions, prepare

    if options.oci_version not in ("", *_VERSIONS):
        raise UsageError(f"--oci-version: {options.oci_version!r} is neither 1.0 nor 1.1")
    session.assume_yes = options.yes
    request = PublishOptions(
        reference=_reference(options.repository),
        oci_version=options.oci_version,
        app=options.app,
        digests=options.resolve_image_digests,
        variables=options.with_env,
    )
    loaded = _load(session)
    ready = prepare(loaded, request)
    session.warn(ready.warnings)
    _agree(session, ready)
    if session.options.dry_run:
        return _foresee(session, options.repository, ready)
    _push(session, loaded.project)
    return _publish(session, options, request, loaded, ready)


def _reference(text: str) -> ArtifactReference:
    from composer.model.reference import parse_image

    try:
        reference = parse_image(text.removeprefix("oci://"))
    except ValueError as error:
        raise UsageError(f"{text!r} is no repository: {error}") from None
    if reference.digest:
        raise UsageError(f"{text!r} has a digest in it", help="publish under a tag: NAME:TAG")
    return reference


def _load(session: Session) -> Loaded:
    """Load the project with all of its services, and env files that are not read."""
    from composer.loader.pipeline import load

    given = session.load_options(resolve_environment=False)
    loaded = load(replace(given, profiles=("*",)))
    session.warn(loaded.warnings)
    return loaded


def _agree(session: Session, ready: Ready) -> None:
    """Ask whether everybody may see what everybody will.  Raises Cancelled."""
    say = session.console.say
    if ready.mounts and not session.assume_yes:
        say("These directories of this machine are named, and will be mounted elsewhere too:")
        say("".join(f"  {mount}\n" for mount in ready.mounts))
        _ask(session, "Publish these bind mounts? Their content is not published.")
    if ready.leaks and not session.assume_yes:
        say("This looks like secrets, and everybody who can read the repository will see it:")
        say("".join(f"  {leak.mark}: {leak.message}\n" for leak in ready.leaks))
        _ask(session, "Publish it all the same?")


def _ask(session: Session, question: str) -> None:
    if not session.ask(question):
        raise Cancelled("nothing was published")


def _foresee(session: Session, repository: str, ready: Ready) -> int:
    prefix = session.console.prefix
    for file in ready.files:
        session.console.say(f"{prefix} {file.source.name}  {file.kind} file {file.name}")
    session.console.say(f"{prefix} {repository} publishing")
    session.console.say(f"{prefix} {repository} published")
    return 0


def _push(session: Session, project: Project) -> None:
    """Push what is built here; who cannot publishes all the same, and is told."""
    from composer.model.options import PushOptions
    from composer.planner.push import pushed_refs

    if not any(tuple(pushed_refs(service)) for service in project.services.values()):
        return
    from composer.actions.push import push, pushes

    request = PushOptions(ignore_failures=True)
    plan = pushes(project, session.engine, request)
    with session.progress("push") as report:
        session.warn(push(plan, session.engine, request, report, parallel=session.parallel))


def _publish(
    session: Session, options: Namespace, request: PublishOptions, loaded: Loaded, ready: Ready
) -> int:
    from datetime import datetime

    from composer.actions.publish import publish, publish_app
    from composer.remote.registry import Registry

    images = session.registries
    digests = _digests(loaded.project, images) if request.digests else ""
    reference = request.reference
    plain = options.insecure_registry or reference.registry in session.options.insecure_registries
    registry = Registry(reference, session.login, plain=plain)
    session.console.say(f" {options.repository} publishing")
    made = publish(ready, request, registry, digests, datetime.now().astimezone())
    if request.app:
        publish_app(loaded.project, made, registry, images)
    session.console.say(f" {options.repository} published")
    session.console.say(f"{reference} → {made.digest}, {len(ready.files)} files")
    return 0


def _digests(project: Project, images: ImageRegistries) -> str:
    """Return an override file that fixes all images."""
    from composer.actions.config import locked, pinned
    from composer.model.tree import project_tree
    from composer.render.yaml_text import to_yaml

    return to_yaml(locked(pinned(project_tree(project), images.digest)))
