"""Where in a Dockerfile a build failed: both builders tell the step, and rarely its line."""

from __future__ import annotations

import os
from collections.abc import Iterable

from composer.dockerfile import place, stages, uses
from composer.engine.bake import is_remote
from composer.errors import EngineError, did_you_mean
from composer.model.names import plain_reference
from composer.model.resources import BuildSpec
from composer.pattern import pattern
from composer.source import SourceFile, SourceMark

_NO_STAGE = "no build stage in current context"
_NO_TARGET = pattern(r"target stage .* could not be found|failed to reach build target")
_LINE = pattern(r"\bline (\d+)\b")
_IMAGE = pattern(r"(?:\[internal\] load metadata for|FROM) (\S+)$")
"""What BuildKit calls it to look for an image, of FROM and of COPY; the latter is no step."""
_FRONTEND = pattern(r"resolve image config for ")
_SYNTAX = pattern(r"#\s*syntax\s*=", 2)
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
    line = _failing_line(spec, file.text, step, reason)
    text = file.line(line)
    column = len(text) - len(text.lstrip()) + 1
    return SourceMark(file, line, column, max(len(text.strip()), 1)) if text.strip() else None


def _failing_line(spec: BuildSpec, text: str, step: str, reason: str) -> int:
    """Return the number of the line, 0 if that is not known."""
    if not step:
        match = _LINE.search(reason)
        return int(match[1]) if match else 0
    if _FRONTEND.search(step):
        return 1 if _SYNTAX.match(text.removeprefix("\ufeff")) else 0
    found = None
    if match := _IMAGE.match(step):
        image = plain_reference(match[1])
        wanting = (one for one, ref in uses(text, spec.build.args) if plain_reference(ref) == image)
        found = next(wanting, None)
    found = found or place(text, step)
    return found.line if found else 0


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
