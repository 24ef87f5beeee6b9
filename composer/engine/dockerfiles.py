"""Where in a Dockerfile a build failed: both builders tell the step, and rarely its line."""

from __future__ import annotations

import os
from collections.abc import Iterable

from composer.dockerfile import place, stages
from composer.engine.bake import is_remote
from composer.errors import EngineError, did_you_mean
from composer.model.resources import BuildSpec
from composer.pattern import pattern
from composer.source import SourceFile, SourceMark

_NO_STAGE = "no build stage in current context"
_NO_TARGET = pattern(r"target stage .* could not be found|failed to reach build target")
_LINE = pattern(r"\bline (\d+)\b")
_BRACKETS = pattern(r"^\[[^\]]*\] ")


def absent(spec: BuildSpec) -> EngineError | None:
    """Return the error of a build whose context or Dockerfile is not on this machine."""
    build = spec.build
    if is_remote(build.context):
        return None
    if not os.path.isdir(build.context):
        standard_input = os.path.basename(build.context) == "-"
        error = EngineError(
            f"build context {build.context!r} is not a directory",
            help="contexts are not read from standard input"
            if standard_input
            else "create it, or correct the path",
        )
        error.mark = spec.marks.get("context")
        return error
    dockerfile = os.path.join(build.context, build.dockerfile or "Dockerfile")
    if build.dockerfile_inline is None and not os.path.isfile(dockerfile):
        error = EngineError(
            f"Dockerfile {dockerfile!r}: no such file",
            help="write one, or name another with 'dockerfile'",
        )
        error.mark = spec.marks.get("dockerfile") or spec.marks.get("context")
        return error
    return None


def failing(spec: BuildSpec, step: str, reason: str, said: Iterable[str] = ()) -> EngineError:
    """Return the error of a build that failed in `step`, which `said` something before.

    Its mark is the line in the Dockerfile.
    """
    what = "check" if spec.check else "build"
    where = f" at {' '.join(_BRACKETS.sub('', step).split())!r}" if step else ""
    lines = "\n".join(f"  {line}" for line in said)
    hint = f"last lines of the build:\n{lines}" if lines else None
    if _NO_STAGE in reason:
        hint = "a Dockerfile begins with FROM and the name of an image"
    error = EngineError(f"the {what} of {spec.service!r} failed{where}: {reason}", help=hint)
    error.mark = _mark(spec, step, reason)
    if spec.build.target and _NO_TARGET.search(reason):
        error.mark = spec.marks.get("target")
        error.help = _stages(spec)
    return error


def _stages(spec: BuildSpec) -> str | None:
    """Return which stages there are instead of the one that is to be built."""
    file = _file(spec)
    names = stages(file.text) if file is not None else ()
    near = did_you_mean(spec.build.target or "", names)
    return near or (f"its stages are {', '.join(names)}" if names else None)


def _mark(spec: BuildSpec, step: str, reason: str) -> SourceMark | None:
    file = _file(spec)
    if file is None:
        return None
    if match := _LINE.search(reason) if not step else None:
        line = int(match[1])
    else:
        found = place(file.text, step) if step else None
        if found is None:
            return None
        line = found.line
    text = file.line(line)
    column = len(text) - len(text.lstrip()) + 1
    return SourceMark(file, line, column, max(len(text.strip()), 1)) if text.strip() else None


def _file(spec: BuildSpec) -> SourceFile | None:
    """Return the Dockerfile, None if it is elsewhere."""
    build = spec.build
    if build.dockerfile_inline is not None:
        return SourceFile(f"dockerfile_inline of {spec.service}", build.dockerfile_inline)
    if is_remote(build.context):
        return None
    path = os.path.join(build.context, build.dockerfile or "Dockerfile")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return SourceFile(os.path.relpath(path), file.read())
    except OSError:
        return None
