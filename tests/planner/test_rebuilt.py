from __future__ import annotations

from typing import Any

import pytest

from composer.model.build import Build
from composer.model.built import BuiltStep, Inputs
from composer.model.resources import BuildSpec
from composer.planner.rebuilt import built_steps, rebuilt, sources
from composer.record import replace

DOCKERFILE = (
    "FROM x AS base\nRUN make tools\nFROM base\nENV A=1\nCOPY src lib/*.py /app/\nRUN make\n"
)
SPEC = BuildSpec(service="web", tags=("web",), build=Build(context="/app"))
BEFORE = Inputs(
    files={"src/a": (1, 1, "1"), "src/b": (1, 1, "2"), "docs/c": (1, 1, "3"),
           "lib/x.py": (1, 1, "4")},
    instructions=tuple(DOCKERFILE.splitlines()),
    args={"MODE": "m"},
    bases={"x": "sha256:1"},
    builder="BuildKit",
)  # fmt: skip


def steps(*cached: bool) -> list[BuiltStep]:
    texts = (
        "[base 2/2] RUN make tools",
        "[stage-1 1/2] COPY src lib/*.py /app/",
        "[stage-1 2/2] RUN make",
    )
    return [BuiltStep(text, one) for text, one in zip(texts, cached, strict=True)]  # fmt: skip


def why(now: Inputs, *cached: bool, before: Inputs | None = BEFORE, **fields: Any) -> list[str]:
    found = rebuilt(replace(SPEC, **fields), DOCKERFILE, steps(*cached), before, now)
    return [f"{found.anew}/{found.total} {found.step} {found.line}", *found.reasons]


def test_what_came_from_the_cache_has_no_reason() -> None:
    assert why(BEFORE, True, True, True) == ["0/3  0"]


def test_files_that_a_step_copies_are_told_and_no_others() -> None:
    files = {
        "src/a": (1, 2, "9"),
        "src/n": (1, 1, "2"),
        "docs/c": (1, 1, "8"),
        "lib/x.py": (1, 1, "5"),
    }
    assert why(replace(BEFORE, files=files), True, False, False) == [
        "2/3 COPY src lib/*.py /app/ 5",
        "changed: lib/x.py, src/a",
        "new: src/n",
        "gone: src/b",
    ]  # fmt: skip


def test_files_that_came_from_the_cache_in_their_new_form_are_told_too() -> None:
    now = replace(BEFORE, files={**BEFORE.files, "src/a": (1, 2, "9"), "docs/c": (1, 1, "8")})

    assert why(now, True, True, False) == ["1/3 RUN make 6", "changed: src/a"]


def test_what_another_stage_has_is_no_file_of_the_context() -> None:
    dockerfile = "FROM x AS base\nFROM base\nCOPY --from=base /docs /d\n"
    now = replace(BEFORE, files={}, instructions=tuple(dockerfile.splitlines()))
    step = BuiltStep("[stage-1 1/1] COPY --from=base /docs /d", cached=False)

    found = rebuilt(SPEC, dockerfile, [step], replace(now, files=BEFORE.files), now)

    assert found.reasons == (
        "nothing that it depends on has changed: the builder had lost its cache",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"args": {"MODE": "n"}}, "argument changed: MODE"),
        ({"bases": {"x": "sha256:2"}}, "base image changed: x"),
        ({}, "nothing that it depends on has changed: the builder had lost its cache"),
        (
            {"builder": "the classic builder"},
            "built by the classic builder, and by BuildKit before: each has its own cache",
        ),
    ],
)
def test_what_else_differs_is_told(change: dict[str, Any], reason: str) -> None:
    assert why(replace(BEFORE, **change), False, False, False) == ["3/3 RUN make tools 2", reason]


def test_an_instruction_that_is_new_is_told_and_one_before_it() -> None:
    without = tuple(one for one in BEFORE.instructions if one != "RUN make")
    assert why(BEFORE, True, True, False, before=replace(BEFORE, instructions=without)) == [
        "1/3 RUN make 6",
        "the instruction is new in the Dockerfile, or another one than before",
    ]
    without = tuple(one for one in BEFORE.instructions if one != "ENV A=1")
    assert why(BEFORE, True, False, False, before=replace(BEFORE, instructions=without))[1:] == [
        "an instruction before it is new: ENV A=1"
    ]


def test_the_first_build_and_one_without_cache_say_so() -> None:
    assert why(BEFORE, False, False, False, before=None)[1:] == [
        "no earlier build of it is known here"
    ]
    assert why(BEFORE, False, False, False, no_cache=True)[1:] == ["asked for by --no-cache"]


def test_both_builders_are_understood() -> None:
    classic = [
        "Step 1/3 : FROM x",
        " ---> 1",
        "Step 2/3 : RUN a",
        " ---> Using cache",
        "Step 3/3 : COPY . /",
    ]
    buildkit = [
        "[base 1/2] FROM x",
        "CACHED [base 2/2] RUN a",
        "hello",
        "[stage-1 1/1] COPY . / (as for web)",
    ]

    assert built_steps(classic) == [
        BuiltStep("RUN a", cached=True),
        BuiltStep("COPY . /", cached=False),
    ]
    assert built_steps(buildkit) == [
        BuiltStep("[base 2/2] RUN a", cached=True),
        BuiltStep("[stage-1 1/1] COPY . /", cached=False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("--chown=1 a /b/ ./c /x", ("a", "b", "c")),
        ('["a", "./b", "/x"]', ("a", "b")),
        (". /app", (".",)),
    ],
)
def test_what_is_copied_is_read_from_the_instruction(rest: str, expected: tuple[str, ...]) -> None:
    assert sources(rest) == expected
