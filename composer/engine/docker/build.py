"""Build with the engine's classic builder: a tar archive goes in, lines come out."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from composer.engine.bake import is_remote
from composer.engine.docker.context import Context
from composer.engine.docker.flow import Download, json_lines
from composer.engine.docker.refusal import tidy
from composer.engine.docker.registry import build_headers
from composer.engine.docker.wire import Wire
from composer.engine.dockerfiles import absent, failing
from composer.engine.port import Report
from composer.engine.under_way import UnderWay
from composer.errors import AnswerLost, EngineError, EngineUnavailable
from composer.model.build import needs_buildkit
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.pattern import pattern

_LAST_LINES = 20
_UNREADABLE = pattern(r"\bDockerfile\b|\bdockerfile\b")
_COLOUR = pattern(r"\x1b\[(?:91|0)m")
"""In which the builder wraps what goes to stderr."""


def classic_build(wire: Wire, spec: BuildSpec, report: Report, builds: UnderWay) -> None:
    """Build `spec`, as one of `builds`.  What only BuildKit can do raises EngineError."""
    build = spec.build
    needs = [*needs_buildkit(build), *(["--check"] if spec.check else [])]
    if build.dockerfile_inline is not None and is_remote(build.context):
        needs.append("dockerfile_inline with a remote context")
    if needs:
        error = EngineError(
            f"the build of {spec.service!r} uses {', '.join(needs)}, which needs BuildKit",
            help="install docker's plugin buildx, and unset DOCKER_BUILDKIT=0",
        )
        error.mark = spec.marks.get(needs[0])
        raise error
    if fault := absent(spec):
        raise fault
    headers = build_headers(wire.address.config, report, wire.address.credentials)
    params = _params(spec, wire.address.proxies)
    if is_remote(build.context):
        params |= {"remote": build.context, "dockerfile": build.dockerfile or "Dockerfile"}
        _read(_opened(wire, spec, params, None, headers), spec, report, builds)
        return
    context = Context(build)
    params["dockerfile"] = context.dockerfile
    with closing(context):
        _read(_opened(wire, spec, params, context, headers), spec, report, builds)


def _opened(
    wire: Wire,
    spec: BuildSpec,
    params: Mapping[str, Any],
    context: Context | None,
    headers: Mapping[str, str],
) -> Download:
    """Send the build; what cannot be read in its Dockerfile is refused before any step."""
    try:
        return wire.open("POST", "/build", params, body=context, headers=headers)
    except (EngineUnavailable, AnswerLost):
        raise
    except EngineError as error:
        if not _UNREADABLE.search(error.message):
            raise
        raise failing(spec, "", error.message) from None


def _params(spec: BuildSpec, proxies: Mapping[str, str]) -> dict[str, Any]:
    build = spec.build
    arguments = {**proxies, **build.args}
    platforms = build.platforms
    return {
        "t": spec.tags,
        "buildargs": {name: value for name, value in arguments.items() if value is not None},
        "cachefrom": list(build.cache_from) or None,
        "extrahosts": tuple(host.replace("=", ":", 1) for host in build.extra_hosts),
        "forcerm": True,
        "isolation": build.isolation,
        "labels": {**build.labels, **spec.labels},
        "memory": spec.memory or None,
        "networkmode": build.network,
        "nocache": spec.no_cache or build.no_cache,
        "platform": spec.platform or (platforms[0] if len(platforms) == 1 else None),
        "pull": spec.pull or build.pull,
        "rm": True,
        "shmsize": int(build.shm_size) or None,
        "target": build.target,
        "ulimits": [
            {
                "Name": name,
                "Soft": limit.soft if limit.single is None else limit.single,
                "Hard": limit.hard if limit.single is None else limit.single,
            }
            for name, limit in sorted(build.ulimits.items())
        ]
        or None,
        "version": "1",
    }


def _read(download: Download, spec: BuildSpec, report: Report, builds: UnderWay) -> None:
    with builds.until_over(download.close):
        _heard(download, spec, report)


def _heard(download: Download, spec: BuildSpec, report: Report) -> None:
    """Report what the builder prints; an error names the step and shows the last lines."""
    step = ""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    for line in json_lines(download):
        detail = line.get("errorDetail") or {}
        if message := str(detail.get("message") or line.get("error") or ""):
            download.close()
            raise failing(spec, step, tidy(message), last)
        text = _COLOUR.sub("", str(line.get("stream") or line.get("status") or "")).rstrip("\n")
        for part in text.splitlines():
            if match := re.match(r"Step \d+/\d+ : (.*)", part):
                step = match[1]
                last.clear()
            if line.get("stream"):
                last.append(part)
            if not spec.quiet and not line.get("progressDetail"):
                report(Progress(part))
