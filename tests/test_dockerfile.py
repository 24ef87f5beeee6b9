from __future__ import annotations

import pytest

from composer.dockerfile import bases, instructions, place

TEXT = """\
# syntax=docker/dockerfile:1

ARG BASE=alpine
FROM ${BASE}:3 AS build
RUN make \\
    # not this
    all
COPY <<EOF /etc/app
RUN nothing
EOF
from build as last
RUN make all
COPY --from=build /x /x
COPY --from=tools:1 /y /y
"""


def test_instructions_have_lines_and_stages() -> None:
    assert [(one.line, one.stage, str(one)) for one in instructions(TEXT)] == [
        (3, -1, "ARG BASE=alpine"),
        (4, 0, "FROM ${BASE}:3 AS build"),
        (5, 0, "RUN make all"),
        (8, 0, "COPY <<EOF /etc/app"),
        (11, 1, "FROM build as last"),
        (12, 1, "RUN make all"),
        (13, 1, "COPY --from=build /x /x"),
        (14, 1, "COPY --from=tools:1 /y /y"),
    ]


def test_tabs_part_words_as_blanks_do() -> None:
    assert [str(one) for one in instructions("FROM\tx\nRUN\t\tmake  all\n")] == [
        "FROM x",
        "RUN make all",
    ]
    found = place("FROM\tx\nRUN\tmake all\n", "[2/2] RUN\tMAKE all")
    assert found is not None
    assert found.line == 2


def test_another_letter_may_continue_lines() -> None:
    assert [str(one) for one in instructions("#escape=`\nRUN a `\n b\nCMD c\\\n")] == [
        "RUN a b",
        "CMD c\\",
    ]


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        (TEXT, {}, ("alpine:3", "tools:1")),
        (TEXT, {"BASE": "own"}, ("own:3", "tools:1")),
        ("FROM scratch", {}, ()),
        ("FROM --platform=linux/amd64 x:1 AS a\nFROM a\nCOPY --from=0 / /", {}, ("x:1",)),
        ("ARG A\nFROM $A", {}, ()),
        ("ARG A\nFROM ${A:-b}", {}, ("b",)),
        ("ARG A=1\nFROM x${A:+-slim}", {}, ("x-slim",)),
        ('FROM "x"', {}, ("x",)),
        ("ARG A=1 B='2'\nFROM x:$A-$B", {"A": "3"}, ("x:3-2",)),
        ("ARG A\nFROM x:${A-1}", {}, ("x:1",)),
        ("FROM\tx AS\ta\nCOPY\t--from=y / /", {}, ("x", "y")),
        (
            "FROM x AS a\nFROM a\nRUN --mount=type=bind,from=y,target=/y --mount=from=a ls",
            {},
            ("x", "y"),
        ),
    ],
)
def test_the_images_a_dockerfile_builds_upon(
    text: str, args: dict[str, str | None], expected: tuple[str, ...]
) -> None:
    assert bases(text, args) == expected


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("[last 1/3] RUN make all", 12),
        ("[build 2/3] RUN make all", 5),
        ("COPY --from=build /x /x", 13),
        ("[linux/amd64 last 3/3] COPY --from=tools:1 /y /y", 14),
        ("exporting to image", None),
    ],
)
def test_what_builders_call_a_step_is_found_again(step: str, line: int | None) -> None:
    found = place(TEXT, step)

    assert (found.line if found else None) == line
