"""Build the images of services"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from composer.cli import flags, global_flags, planned
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import Problem, UsageError

if TYPE_CHECKING:
    from composer.model.built import Rebuilt
    from composer.model.options import BuildOptions
    from composer.model.plan import Plan

_NO_EFFECT = ("--compress", "--force-rm", "--no-rm", "--parallel")


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "--no-cache": "Build every layer anew",
            "--pull": "Pull newer base images first",
            "--push": "Push the images afterwards",
            "-q --quiet": "No output of the builds",
            "--with-dependencies": "Those of dependencies of the named services too",
            "--why": "Tell which step was not in the cache, and what changed",
            "--check": "Look for faults in the Dockerfiles, and build nothing",
            "--print": "Print what would be built as a bake file, and do nothing",
        },
    )
    add = parser.add_argument
    add("--build-arg", action="append", default=[], metavar="KEY=VALUE",
        help="Set a build argument; KEY alone takes the shell's value; repeatable")  # fmt: skip
    add("--ssh", action="append", default=[], metavar="default|ID=PATH",
        help="SSH agent or keys that the build may use")  # fmt: skip
    add("--provenance", metavar="MODE", help="Attach where the image came from")
    add("--sbom", metavar="MODE", help="Attach what is in the image")
    add("--builder", metavar="NAME", help="The buildx builder that builds")
    add("-m", "--memory", metavar="BYTES", help="How much memory a build may take")
    add("--progress", metavar="STYLE", help=SUPPRESS,
        old="--progress stands before the command now: composer --progress … build")  # fmt: skip
    for old in _NO_EFFECT:
        add(old, dest="_", action=Switch, help=SUPPRESS)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.build import build, builds
    from composer.cli.remembering import memory
    from composer.model.operations import BuildImage
    from composer.render.progress import without_progress

    request = _request(options, session)
    if options.progress:
        session.use_style(options.progress)
    elif options.quiet and not session.options.progress:
        session.use_style("quiet")
    elif style := _builds_style(session):
        session.use_style(style)
    if options.builder:
        session.environment["BUILDX_BUILDER"] = options.builder
    project = session.project(options.services)
    if options.print:
        return _print(builds(project, options.services, request), session)
    if session.options.dry_run:
        return planned.show(session, builds(project, options.services, request), project.name)
    session.warn(_misfits(options, session))
    with session.progress("build") as report:
        emit = without_progress(report, BuildImage) if options.quiet else report
        plan, found = build(
            project,
            session.engine,
            options.services,
            request,
            emit,
            parallel=session.parallel,
            memory=memory(session),
        )
    if options.why:
        _tell(found, session)
    if not plan:
        session.console.say(f"{project.name}: no service to build")
    return 0


def _misfits(options: Namespace, session: Session) -> list[Problem]:
    """Return what was asked for and means nothing to the builder that there is."""
    asked = session.setting("DOCKER_BUILDKIT").lower()
    if session.engine.bakes():
        if not options.memory:
            return []
        return [Problem("--memory means nothing to BuildKit", severity="warning")]
    if asked in ("0", "false"):
        if not session.setting("BUILDX_BUILDER"):
            return []
        return [
            Problem(
                "--builder means nothing to the classic builder",
                help="unset DOCKER_BUILDKIT=0",
                severity="warning",
            )
        ]
    return [
        Problem(
            "docker's plugin buildx is not installed: the classic builder builds",
            help="install it, or set DOCKER_BUILDKIT=0 if that is what you want",
            severity="warning",
        )
    ]


def _tell(found: Sequence[Rebuilt], session: Session) -> None:
    from composer.render.rebuilt import lines, tree

    if session.console.progress == "json":
        session.console.print(json.dumps(tree(found), indent=2))
    else:
        session.console.print("".join(f"{line}\n" for line in lines(found)))


def _print(plan: Plan, session: Session) -> int:
    """Print what would be built as a bake file: services without a name are never pushed."""
    from composer.engine.bake import bake_tree
    from composer.errors import InvalidProject
    from composer.model.operations import BuildImage, PushImage

    if plan.errors:
        raise InvalidProject(plan.errors)
    specs = [step.operation.spec for step in plan.steps if isinstance(step.operation, BuildImage)]
    pushed = [step.operation.ref for step in plan.steps if isinstance(step.operation, PushImage)]
    services = [spec.service for spec in specs if spec.tags[0] in pushed]
    if not specs:
        session.console.say("no service to build")
        return 0
    session.console.print(json.dumps(bake_tree(specs, services), indent=2))
    return 0


def _request(options: Namespace, session: Session) -> BuildOptions:
    from composer.model.options import BuildOptions
    from composer.model.units import parse_bytes

    try:
        memory = parse_bytes(options.memory) if options.memory else 0
    except ValueError as error:
        raise UsageError(f"--memory: {error}") from None
    return BuildOptions(
        args=build_args(options.build_arg, session.environment),
        no_cache=options.no_cache,
        pull=options.pull,
        quiet=options.quiet and not options.why,
        push=options.push,
        with_dependencies=options.with_dependencies,
        builder=options.builder,
        ssh=ssh_keys(options.ssh),
        provenance=options.provenance,
        sbom=options.sbom,
        memory=memory,
        check=options.check,
        every_platform=True,
    )


def _builds_style(session: Session) -> str:
    """Return how builds are shown if nothing says how everything is; BuildKit's variable."""
    if session.options.progress or session.setting("COMPOSE_PROGRESS"):
        return ""
    style = session.setting("BUILDKIT_PROGRESS")
    return style if style in global_flags.PROGRESS else ""


def build_args(words: Iterable[str], environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return build arguments; one without a value takes the shell's, or is left out."""
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            found[key] = value
        elif key in environment:
            found[key] = environment[key]
    return found


def ssh_keys(words: Iterable[str]) -> Mapping[str, str | None]:
    """Return the SSH agents and keys: by id, a path or None for the agent."""
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, path = word.partition("=")
        found[key] = path if equals else None
    return found
