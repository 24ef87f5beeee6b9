"""What a Dockerfile says: its instructions, each with its line and its stage.

Read for two purposes only: to show where a build failed, and to see upon which images it
builds.  So nothing is refused here; what is wrong the builder will say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.pattern import pattern
from composer.record import dataclass

_ESCAPE = pattern(r"#\s*escape\s*=\s*(\S)\s*", 2)
_DIRECTIVE = pattern(r"#\s*[a-zA-Z]\w*\s*=")
_HEREDOC = pattern(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_VARIABLE = pattern(r"\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})")
_FROM = pattern(r"(?:--\w+=\S+\s+)*(\S+)(?:\s+as\s+(\S+))?", 2)
_COPIED = pattern(r"--from=(\S+)")
_MOUNTED = pattern(r"--mount=(?:\S*,)?from=([^,\s]+)")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.  `rest` is what follows its keyword, on one line; `stage` counts from 0.

    Those before the first FROM have the stage -1.
    """

    keyword: str
    rest: str
    line: int
    stage: int

    def __str__(self) -> str:
        return f"{self.keyword} {self.rest}"


def instructions(text: str) -> tuple[Instruction, ...]:
    """Return the instructions of a Dockerfile, in order."""
    lines = text.removeprefix("\ufeff").splitlines()
    found: list[Instruction] = []
    stage, at, escape = -1, 0, _escape(lines)
    while at < len(lines):
        line, first = lines[at].strip(), at + 1
        at += 1
        if not line or line.startswith("#"):
            continue
        while line.endswith(escape) and at < len(lines):
            more = lines[at].strip()
            at += 1
            if more and not more.startswith("#"):
                line = f"{line[:-1].rstrip()} {more}"
        keyword, rest = (*line.split(None, 1), "")[:2]
        keyword = keyword.upper()
        stage += keyword == "FROM"
        if keyword in _WITH_HEREDOCS:
            for match in _HEREDOC.finditer(rest):
                at = _behind(lines, at, match[2])
        found.append(Instruction(keyword, " ".join(rest.split()), first, stage))
    return tuple(found)


def bases(text: str, args: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the images upon which a Dockerfile builds, or out of which it copies or mounts.

    `args` are the build arguments; what depends on others is left out.
    """
    return tuple(dict.fromkeys(ref for _, ref in uses(text, args)))


def uses(text: str, args: Mapping[str, str | None]) -> Iterator[tuple[Instruction, str]]:
    """Yield each instruction that wants an image, and that image, as `bases` does."""
    stages: set[str] = set()
    known: dict[str, str] = {}
    for one in instructions(text):
        if one.keyword == "ARG" and one.stage < 0:
            for word in one.rest.split():
                name, equals, default = word.partition("=")
                value = args.get(name) or (default.strip("\"'") if equals else None)
                if value is not None:
                    known[name] = value
        elif one.keyword == "FROM" and (match := _FROM.match(one.rest)):
            yield from ((one, ref) for ref in _refs(match[1], stages, known))
            stages.add((match[2] or str(one.stage)).lower())
            stages.add(str(one.stage))
        elif one.keyword == "COPY" and (match := _COPIED.search(one.rest)):
            yield from ((one, ref) for ref in _refs(match[1], stages, known))
        elif one.keyword == "RUN":
            for image in _MOUNTED.findall(one.rest):
                yield from ((one, ref) for ref in _refs(image, stages, known))


def stages(text: str) -> tuple[str, ...]:
    """Return the names of the stages of a Dockerfile that have one."""
    return tuple(name for _, _, name in _from(instructions(text)) if name)


def place(text: str, step: str) -> Instruction | None:
    """Return the instruction that a builder calls `step`, as in `[web 2/3] RUN make`."""
    match = pattern(r"(?:\[([^\]]*)\] )?(.*)").match(step)
    words = " ".join((match[2] if match else step).split())
    all = instructions(text)
    same = [one for one in all if str(one).lower() == words.lower()]
    if len(same) == 1:
        return same[0]
    keyword = words.partition(" ")[0].upper()
    alike = same or [one for one in all if one.keyword == keyword]
    stages = _stages(all)
    named = (match[1] or "").split() if match else ()
    inside = [one for one in alike if stages.get(one.stage, "") in named] or alike
    return inside[0] if len(inside) == 1 else None


def _stages(all: tuple[Instruction, ...]) -> dict[int, str]:
    """Return how builders call each stage."""
    return {one.stage: name or f"stage-{one.stage}" for one, _, name in _from(all)}


def _from(all: tuple[Instruction, ...]) -> Iterator[tuple[Instruction, str, str]]:
    """Yield each FROM, the image in it, and the name that it gives its stage, or ""."""
    for one in all:
        if one.keyword == "FROM" and (match := _FROM.match(one.rest)):
            yield one, match[1], match[2] or ""


def _refs(text: str, stages: set[str], known: Mapping[str, str]) -> Iterator[str]:
    """Yield the image that is meant, unless it is a stage, nothing, or unknown."""
    unknown = False

    def value(match: object) -> str:
        nonlocal unknown
        name = match[1] or match[2]  # type: ignore[index]
        found = known.get(name) or None
        sign, word = match[3], match[4]  # type: ignore[index]
        if sign == "+":
            return word if found else ""
        if found is None and sign != "-":
            unknown = True
        return found if found is not None else word or ""

    ref = _VARIABLE.sub(value, text.strip("\"'"))
    if ref and not unknown and ref.lower() not in stages and ref != "scratch":
        yield ref


def _escape(lines: list[str]) -> str:
    for line in lines:
        if match := _ESCAPE.fullmatch(line.strip()):
            return match[1]
        if not _DIRECTIVE.match(line.strip()):
            break
    return "\\"


def _behind(lines: list[str], at: int, word: str) -> int:
    """Return the line after a here-document; where it has no end it is none."""
    for number in range(at, len(lines)):
        if lines[number].strip() == word:
            return number + 1
    return at
