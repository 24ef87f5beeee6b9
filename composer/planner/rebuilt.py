"""Why a build was not taken from the cache: what differs from the last one.  Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from composer.dockerfile import Instruction, instructions, place
from composer.model.built import BuiltStep, Inputs, Rebuilt
from composer.model.resources import BuildSpec
from composer.pattern import pattern

_STEP = pattern(r"Step \d+/\d+ : (.*)")
_BUILDKIT_STEP = pattern(r"(CACHED )?(\[[^\]]*\d+/\d+\] .*?)(?: \(as for \S+\))?")
_CLASSIC_CACHE = " ---> Using cache"
_FREE = ("FROM", "ARG", "LABEL", "CMD", "ENV", "EXPOSE", "USER", "VOLUME", "ENTRYPOINT")
"""What costs nothing to build, or is not built at all."""

_MOST = 8
"""So many names are told one by one."""


def built_steps(said: Sequence[str]) -> list[BuiltStep]:
    """Return the steps that a builder told of, in order; both builders are understood."""
    found: list[BuiltStep] = []
    for line in said:
        if match := _STEP.fullmatch(line):
            found.append(BuiltStep(match[1], cached=False))
        elif line == _CLASSIC_CACHE and found:
            found[-1] = BuiltStep(found[-1].text, cached=True)
        elif match := _BUILDKIT_STEP.fullmatch(line):
            found.append(BuiltStep(match[2], cached=bool(match[1])))
    return [step for step in found if _word(step.text) not in _FREE]


def rebuilt(
    spec: BuildSpec,
    dockerfile: str,
    steps: Sequence[BuiltStep],
    before: Inputs | None,
    now: Inputs,
) -> Rebuilt:
    """Return what became of the cache in one build."""
    anew = [step for step in steps if not step.cached]
    if not anew:
        return Rebuilt(service=spec.service, total=len(steps), anew=0)
    first = place(dockerfile, anew[0].text)
    return Rebuilt(
        service=spec.service,
        total=len(steps),
        anew=len(anew),
        step=_plain(anew[0].text),
        line=first.line if first else 0,
        reasons=tuple(_reasons(spec, dockerfile, first, before, now)),
    )


def _reasons(
    spec: BuildSpec,
    dockerfile: str,
    step: Instruction | None,
    before: Inputs | None,
    now: Inputs,
) -> Iterator[str]:
    if spec.no_cache:
        yield "asked for by --no-cache" if not spec.build.no_cache else "the file says no_cache"
        return
    if before is None:
        yield "no earlier build of it is known here"
        return
    if before.builder != now.builder:
        yield f"built by {now.builder}, and by {before.builder} before: each has its own cache"
        return
    found = [*_differences("base image", before.bases, now.bases)]
    found += _differences("argument", before.args, now.args)
    if step is not None and str(step) not in before.instructions:
        found.append("the instruction is new in the Dockerfile, or another one than before")
    elif step is not None and (earlier := _first_new(dockerfile, step, before)):
        found.append(f"an instruction before it is new: {earlier}")
    copied = _copied(step) if step is not None else ()
    if not found and not any(changed_files(before, now, copied).values()):
        copied = _copied_before(dockerfile, step)  # that may have come from the cache all the same
    files = changed_files(before, now, copied)
    found += [f"{what}: {_listed(names)}" for what, names in files.items() if names]
    yield from found or ["nothing that it depends on has changed: the builder had lost its cache"]


def changed_files(
    before: Inputs, now: Inputs, names: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """Return the files below `names` that changed, appeared and disappeared."""
    old = {name: one[2] for name, one in before.files.items() if _below(name, names)}
    new = {name: one[2] for name, one in now.files.items() if _below(name, names)}
    return {
        "changed": tuple(name for name in sorted(new) if old.get(name, new[name]) != new[name]),
        "new": tuple(sorted(new.keys() - old.keys())),
        "gone": tuple(sorted(old.keys() - new.keys())),
    }


def sources(rest: str) -> tuple[str, ...]:
    """Return what COPY or ADD takes out of the context."""
    words = [word for word in rest.split() if not word.startswith("--")]
    if rest.lstrip().startswith("[") or any("[" in word for word in words[:1]):
        words = [word.strip('[]",') for word in words]
    return tuple(
        "." if posixpath.normpath(word) in (".", "/") else posixpath.normpath(word).lstrip("/")
        for word in words[:-1]
    )


def _copied_before(dockerfile: str, step: Instruction | None) -> tuple[str, ...]:
    """Return what the instructions before `step` take out of the context."""
    before = (one for one in instructions(dockerfile) if step is None or one.line < step.line)
    return tuple(name for one in before for name in _copied(one))


def _copied(step: Instruction) -> tuple[str, ...]:
    """Return what an instruction takes out of the context."""
    if step.keyword not in ("COPY", "ADD") or "--from=" in step.rest:
        return ()
    return sources(step.rest)


def _first_new(dockerfile: str, step: Instruction, before: Inputs) -> str:
    """Return the first instruction of the same stage that was not there, "" if all were."""
    for one in instructions(dockerfile):
        if one.stage == step.stage and one.line < step.line and str(one) not in before.instructions:
            return str(one)
    return ""


def _differences(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if names:
        yield f"{what} changed: {_listed(tuple(names))}"


def _below(name: str, names: Sequence[str]) -> bool:
    return any(
        one == "." or name == one or name.startswith(f"{one}/") or fnmatchcase(name, one)
        for one in names
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _plain(text: str) -> str:
    return " ".join((text.partition("] ")[2] if text.startswith("[") else text).split())


def _word(text: str) -> str:
    return _plain(text).partition(" ")[0].upper()
