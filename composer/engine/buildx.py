"""docker buildx, as a subprocess: the way to BuildKit.

All builds that are ready are one bake: BuildKit sees them together, and builds once
what they share.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from composer.engine.bake import allowances, bake_tree, is_remote, target_names
from composer.engine.context import ignored
from composer.engine.dockerfiles import absent, failing
from composer.engine.plugins import find_plugin
from composer.engine.port import Report
from composer.engine.rawjson import Baking, Vertex
from composer.engine.under_way import UnderWay
from composer.errors import Cancelled, EngineError
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.pattern import pattern
from composer.record import replace

if TYPE_CHECKING:
    from subprocess import Popen

_WRAPPING = pattern(
    r"^(?:rpc error: code = \w+ desc = |(?:error|failed to build|failed to solve"
    r"|failed to solve with frontend [\w.]+|failed to create LLB definition"
    r"|failed to compute cache key): )",
    2,
)
_OF_TARGET = pattern(r"(?:ERROR: )?(?:failed to build: )?target (\S+): (.*)")
_LET_GO = pattern(r"\b[Cc]ancell?ed\b")
_ANOTHER = (
    "choose a builder that can: --builder NAME, or have the engine keep images in containerd "
    "(docs.docker.com/go/build-multi-platform)"
)
_INSECURE = (
    'the engine has to allow it, in daemon.json: "builder": {"entitlements": '
    '{"security-insecure": true}}'
)
_OLD = "the BuildKit of this engine is too old for it: use Docker Engine 23 or newer"
_REFUSED = (
    ("Cache export is not supported", "cache_to", _ANOTHER),
    ("Multi-platform build is not supported", "platforms", _ANOTHER),
    ("Attestation is not supported", "provenance", _ANOTHER),
    ("Attestation is not supported", "sbom", _ANOTHER),
    ("entitlement security.insecure is not allowed", "privileged", _INSECURE),
    ("entitlement security.insecure is not allowed", "entitlements", _INSECURE),
    ("buildkit.frontend.contexts", "additional_contexts", _OLD),
    ("SSH_AUTH_SOCK", "ssh", "start an agent, or name a key: ssh: {default: PATH}"),
    ("request frontend.lint", "", "the BuildKit of this engine is too old for --check"),
    (
        "not supported by buildkit",
        "network",
        "set DOCKER_BUILDKIT=0, or choose none, host or default",
    ),
)
"""What BuildKit refuses: a part of its words, the attribute that they concern, and the way out."""
_FAULT = pattern(r"(?:ERROR|error): (.*)")


class Platforms(NamedTuple):
    """That of the engine, and whether it holds images for several under one name."""

    own: str
    several: bool = False


ReportOf = Callable[[BuildSpec, Progress], None]
Ended = Callable[[BuildSpec, BaseException | None], None]


class Buildx:
    """`environment` is that of the subprocess; it says which engine is meant.

    `config` is Docker's directory, and `settings` what its config.json says.  What it builds
    is among `builds`.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        config: str,
        settings: Mapping[str, object],
        builds: UnderWay | None = None,
    ) -> None:
        self._builds = builds or UnderWay()
        self._environment = {
            **environment,
            "BUILDX_BAKE_ENTITLEMENTS_FS": "0",  # the compose file is as good as the command line
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        }
        self._config = config
        self._settings = settings

    def available(self) -> bool:
        """Say whether the plugin is installed and not switched off by DOCKER_BUILDKIT=0."""
        if self._environment.get("DOCKER_BUILDKIT", "").lower() in ("0", "false"):
            return False
        return self._program() is not None

    def _program(self) -> str | None:
        """Return the plugin, which is a program of its own as well."""
        return find_plugin("buildx", self._config, self._settings)

    def _started(
        self, words: Sequence[str], specs: Sequence[BuildSpec], *, together: bool = False
    ) -> Popen[str]:
        """Return buildx at work on a file; `together` says whether all that it prints is one."""
        import subprocess

        program = self._program()
        if program is None:
            raise EngineError("docker's plugin buildx is not installed any more")
        variables = {name: value for spec in specs for name, value in spec.variables.items()}
        process = subprocess.Popen(
            [program, *words],
            env={**self._environment, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if together else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if together else subprocess.PIPE,
            text=True,
            errors="replace",
        )
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(bake_tree(specs, loaded=True)))
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says why it reads no more
        return process

    def bake(
        self,
        specs: Sequence[BuildSpec],
        platforms: Callable[[], Platforms],
        report: ReportOf,
        ended: Ended,
    ) -> None:
        """Build `specs` into the engine; `ended` hears of each once, how it ended.

        `platforms` is asked when the file names several.  One that fails takes the others
        with it: those that are not there yet end with Cancelled, after it.
        """
        faults = {spec.service: fault for spec in specs if (fault := _fault(spec))}
        if faults:
            for spec in sorted(specs, key=lambda one: one.service not in faults):
                ended(spec, faults.get(spec.service, Cancelled()))
            return
        held = [_as_held(spec, platforms) for spec in specs]
        _Bake(held, report, ended).run(self._started, self._builds)

    def check(self, spec: BuildSpec, report: Report) -> None:
        """Look for faults in the Dockerfile, and build nothing."""
        if fault := _fault(spec):
            raise fault
        output: list[str] = []
        words = ("bake", "--file=-", "--progress=plain", *_allowed((spec,)))
        process = self._started(words, (spec,), together=True)
        assert process.stdout is not None
        with process:
            for line in process.stdout:
                text = line.rstrip()
                output.append(text)
                if text and not spec.quiet:
                    report(Progress(text))
        if process.returncode:
            raise _found_fault(spec, output)


class _Bake:
    """One run of bake."""

    def __init__(self, specs: Sequence[BuildSpec], report: ReportOf, ended: Ended) -> None:
        names = target_names(specs)
        self._left = {names[spec.service]: spec for spec in specs}
        self._specs = dict(self._left)
        self._report = report
        self._ended = ended
        self._baking = Baking(self._left, self._say, self._exported)

    def run(self, start: Callable[..., Popen[str]], builds: UnderWay) -> None:
        specs = tuple(self._specs.values())
        asked = {key: one for spec in specs for key, one in spec.attested.items()}
        attested = (f"--{name}={mode}" for name, mode in sorted(asked.items()))
        words = ("bake", "--file=-", "--progress=rawjson", *_allowed(specs), *attested)
        process = start(words, specs)
        error: Cancelled | None = None
        try:
            with builds.until_over(process.terminate):
                self._hear(process)
        except Cancelled as let_go:
            error = let_go
        else:
            if process.returncode:
                self._fail()
        for target in list(self._left):
            self._end(target, error)

    def _hear(self, process: Popen[str]) -> None:
        assert process.stderr is not None
        with process:
            try:
                for line in process.stderr:
                    self._baking.hear(line)
            except BaseException:
                process.terminate()
                raise

    def _say(self, target: str, text: str) -> None:
        spec = self._specs[target]
        if text and not spec.quiet:
            self._report(spec, Progress(text))

    def _exported(self, target: str) -> None:
        """End a build whose image is there, unless it or its cache goes elsewhere yet.

        The last one waits for buildx, which may fail after that: somebody must tell of it.
        """
        spec = self._left.get(target)
        if spec is None or spec.push or spec.build.cache_to:
            return
        if len(self._left) > 1:
            self._end(target, None)

    def _end(self, target: str, error: BaseException | None) -> None:
        if (spec := self._left.pop(target, None)) is not None:
            self._ended(spec, error)

    def _fail(self) -> None:
        """Tell of each that failed why; the others were let go because of it."""
        steps = self._baking.failed()
        said = list(filter(None, map(_OF_TARGET.fullmatch, self._baking.complaints)))
        if not steps and _LET_GO.search(self._last_words()):  # by Ctrl-C, which it heard as well
            for target in list(self._left):
                self._end(target, Cancelled())
            return
        failed = {
            match[1]: _refused(self._specs[match[1]], _unwrapped(match[2]))
            for match in said
            if match[1] in self._left
        }
        for target, (name, vertex) in steps.items():
            if target in self._left:
                failed[target] = self._failure(target, name, vertex)
        if not failed:
            target, error = self._of_nobody(self._last_words())
            failed[target] = error
        for target, error in failed.items():
            self._end(target, error)
        for target in list(self._left):
            self._end(target, Cancelled())

    def _of_nobody(self, reason: str) -> tuple[str, EngineError]:
        """Return the error of what buildx refuses without a word of whose it is, and a target."""
        for words, attribute, _ in _REFUSED:
            for target, spec in self._left.items():
                if words in reason and attribute and getattr(spec.build, attribute):
                    return target, _refused(spec, reason)
        first = next(iter(self._left))
        return first, _refused(self._left[first], reason)

    def _failure(self, target: str, name: str, vertex: Vertex) -> EngineError:
        return failing(self._specs[target], name, _unwrapped(vertex.error), vertex.said)

    def _last_words(self) -> str:
        lines = self._baking.complaints
        faults = [match[1] for line in lines if (match := _FAULT.match(line))]
        return _unwrapped((faults or lines or ["docker buildx failed"])[-1])


def _allowed(specs: Sequence[BuildSpec]) -> list[str]:
    return [f"--allow={word}" for word in allowances(specs)]


def _found_fault(spec: BuildSpec, output: Sequence[str]) -> EngineError:
    """Return the error of a check that printed `output`."""
    sums = [line for line in output if line.startswith("Check complete, ")]
    faults = [match[1] for line in output if (match := _FAULT.match(line))]
    said = (sums or faults or list(output[-1:]) or ["docker buildx failed"])[-1]
    reason = _unwrapped(match[2] if (match := _OF_TARGET.fullmatch(said)) else said)
    return _refused(spec, reason)


def _refused(spec: BuildSpec, reason: str) -> EngineError:
    """Return the error of a build that BuildKit has not begun; the way out, if there is one."""
    error = failing(spec, "", reason)
    for words, attribute, help in _REFUSED:
        if words in reason:
            error.help = help
            error.mark = spec.marks.get(attribute) or error.mark
    return error


def _unwrapped(message: str) -> str:
    """Return `message` without what every layer of BuildKit put before it."""
    while (shorter := _WRAPPING.sub("", message)) != message:
        message = shorter
    return message


def _fault(spec: BuildSpec) -> EngineError | None:
    """Return what makes a build impossible, without asking anybody."""
    build = spec.build
    if build.isolation not in (None, "", "default"):
        error = EngineError(
            f"the build of {spec.service!r} uses isolation, which BuildKit does not know",
            help="set DOCKER_BUILDKIT=0 to use the classic builder",
        )
        error.mark = spec.marks.get("isolation")
        return error
    if (fault := absent(spec) or _unreadable(spec)) or is_remote(build.context):
        return fault
    try:
        ignored(build)
    except EngineError as error:
        return error
    return None


def _unreadable(spec: BuildSpec) -> EngineError | None:
    """Return the error of a secret or key that is not there: of one, as buildx would."""
    secrets = ((f"secret {id!r}", path, "secrets") for id, path in spec.secrets.items())
    keys = ((f"ssh key {id!r}", path or "", "ssh") for id, path in spec.build.ssh.items())
    for what, path, attribute in (*secrets, *keys):
        if path.startswith("/") and not os.path.exists(path) and "," not in path:
            error = EngineError(f"{what} of the build of {spec.service!r}: there is no {path}")
            error.mark = spec.marks.get(attribute)
            return error
    return None


def _as_held(spec: BuildSpec, known: Callable[[], Platforms]) -> BuildSpec:
    """Return `spec` for one platform where the engine keeps one image for a tag.

    What is pushed may be for several.
    """
    platforms = spec.build.platforms
    if spec.push or (len(platforms) < 2 and not spec.platform):
        return spec
    if len(platforms) < 2 or (spec.platform and not spec.every_platform):
        one = str(spec.platform)
    else:
        engine = known()
        if engine.several and spec.every_platform:
            return spec
        one = spec.platform or (engine.own if engine.own in platforms else platforms[0])
    return replace(spec, build=replace(spec.build, platforms=(one,)))
