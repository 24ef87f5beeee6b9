"""docker buildx, as a subprocess: the way to BuildKit."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from composer.engine.port import Report
from composer.errors import EngineError
from composer.model.build import Build
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.pattern import pattern

_LAST_LINES = 20
_WRAPPING = pattern(
    r"^(?:rpc error: code = \w+ desc = |(?:error|failed to build|failed to solve"
    r"|failed to solve with frontend [\w.]+|failed to create LLB definition): )",
    re.IGNORECASE,
)
_REMOTE = pattern(r"^(https?|git|ssh)://|^git@|^github\.com/|\.git(#.*)?$")


class Buildx:
    """`environment` is that of the subprocess; it says which engine is meant."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def available(self) -> bool:
        """Say whether the plugin is installed and not switched off by DOCKER_BUILDKIT=0."""
        if self._environment.get("DOCKER_BUILDKIT", "").lower() in ("0", "false"):
            return False
        import subprocess

        try:
            return (
                subprocess.run(
                    ["docker", "buildx", "version"],
                    env=self._environment,
                    capture_output=True,
                    check=False,
                ).returncode
                == 0
            )
        except OSError:
            return False

    def build(self, spec: BuildSpec, own_platform: Callable[[], str], report: Report) -> None:
        """Build `spec` into the engine.  `own_platform` is asked when the file names several."""
        _check(spec)
        command = ["docker", *arguments(spec, own_platform)]
        import subprocess

        process = subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdin is not None
        assert process.stdout is not None
        output: list[str] = []
        with process:
            try:
                process.stdin.write(spec.build.dockerfile_inline or "")
                process.stdin.close()
                for line in process.stdout:
                    text = line.rstrip()
                    output.append(text)
                    if text and not spec.quiet:
                        report(Progress(text))
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise failure(spec.service, output, "check" if spec.check else "build")


def arguments(spec: BuildSpec, own_platform: Callable[[], str]) -> list[str]:
    """Return the arguments of docker that build `spec`."""
    build = spec.build
    words = ["buildx", "build", "--progress=plain", "--check" if spec.check else "--load"]
    for flag, values in _repeated(spec).items():
        for value in values:
            words += [flag, value]
    for flag, text in {
        "--file": _dockerfile(build),
        "--network": build.network,
        "--platform": _platform(spec, own_platform),
        "--provenance": build.provenance,
        "--sbom": build.sbom,
        "--shm-size": str(int(build.shm_size)) if build.shm_size else None,
        "--target": build.target,
    }.items():
        words += [flag, text] if text else []
    if spec.no_cache or build.no_cache:
        words.append("--no-cache")
    if spec.pull or build.pull:
        words.append("--pull")
    return [*words, build.context]


def failure(service: str, output: list[str], what: str = "build") -> EngineError:
    """Return the error of a build or check that printed `output`, with the step that failed."""
    errors = [line for line in output if line.startswith(("ERROR: ", "error: "))]
    found = [line for line in output if line.startswith("Check complete, ")]
    message = _unwrapped(errors[-1]) if errors else (found or ["docker buildx failed"])[-1]
    steps = [match[1] for line in output if (match := re.match(r" > (?:\[.*?\] )?(.+?):?$", line))]
    where = f" at {steps[-1]!r}" if steps else ""
    said = "\n".join(f"  {line}" for line in _said_in_failing_step(output))
    return EngineError(
        f"the {what} of {service!r} failed{where}: {message}",
        help=f"last lines of the build:\n{said}" if said else None,
    )


def _unwrapped(message: str) -> str:
    """Return `message` without what every layer of BuildKit put before it."""
    while (shorter := _WRAPPING.sub("", message)) != message:
        message = shorter
    return message


def _said_in_failing_step(output: list[str]) -> deque[str]:
    """Return what the failing step printed: the lines of "#5 0.123 text" before "#5 ERROR"."""
    failed = [match[1] for line in output if (match := re.match(r"#(\d+) ERROR", line))]
    if not failed:
        return deque()
    said = (re.match(rf"#{failed[-1]} \d+\.\d+ (.*)", line) for line in output)
    return deque((match[1] for match in said if match), maxlen=_LAST_LINES)


def _check(spec: BuildSpec) -> None:
    build = spec.build
    if build.isolation not in (None, "", "default"):
        raise EngineError(
            f"the build of {spec.service!r} uses isolation, which buildx does not know",
            help="set DOCKER_BUILDKIT=0 to use the classic builder",
        )
    if _REMOTE.search(build.context):
        return
    context = Path(build.context)
    if not context.is_dir():
        raise EngineError(f"build context {build.context!r} is not a directory")
    dockerfile = context / (build.dockerfile or "Dockerfile")
    if build.dockerfile_inline is None and not dockerfile.is_file():
        raise EngineError(f"Dockerfile {str(dockerfile)!r}: no such file")


def _repeated(spec: BuildSpec) -> dict[str, list[str]]:
    """Return the flags that may be given several times, each with its values."""
    build = spec.build
    args = {name: value for name, value in build.args.items() if value is not None}
    return {
        "--add-host": [host.replace("=", ":", 1) for host in build.extra_hosts],
        "--allow": [*build.entitlements, *(["security.insecure"] if build.privileged else [])],
        "--build-arg": _pairs(args),
        "--build-context": _pairs(build.additional_contexts),
        "--cache-from": list(build.cache_from),
        "--cache-to": list(build.cache_to),
        "--label": _pairs({**build.labels, **spec.labels}),
        "--no-cache-filter": list(build.no_cache_filter),
        "--secret": [_secret(id, source) for id, source in sorted(spec.secrets.items())],
        "--ssh": [f"{id}={path}" if path else id for id, path in sorted(build.ssh.items())],
        "--tag": list(spec.tags),
        "--ulimit": list(_ulimits(build)),
    }


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(values.items())]


def _secret(id: str, source: str) -> str:
    variable = source.removeprefix("env:")
    return f"id={id},src={source}" if variable == source else f"id={id},env={variable}"


def _ulimits(build: Build) -> Iterator[str]:
    for name, limit in sorted(build.ulimits.items()):
        soft = limit.soft if limit.single is None else limit.single
        hard = limit.hard if limit.single is None else limit.single
        yield f"{name}={soft}:{hard}"


def _dockerfile(build: Build) -> str | None:
    """Return the Dockerfile as buildx finds it; "-" is its input."""
    if build.dockerfile_inline is not None:
        return "-"
    if build.dockerfile is None or _REMOTE.search(build.context):
        return build.dockerfile
    return posixpath.join(build.context, build.dockerfile)


def _platform(spec: BuildSpec, own_platform: Callable[[], str]) -> str | None:
    """Return the one platform to build for: the engine keeps one image for a tag."""
    platforms = spec.build.platforms
    if spec.platform or len(platforms) < 2:
        return spec.platform or next(iter(platforms), None)
    own = own_platform()
    return own if own in platforms else platforms[0]
