"""Where values and variables are set.  What is printed of it: tests/cli/test_origin.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.loader import dotenv
from composer.loader.origins import Variable, load_with_origins
from composer.source import SourceFile
from support.loading import options, write


@pytest.mark.parametrize(
    ("text", "raw", "found"),
    [
        ("A=1\nB=2", False, {"A": (1, 1), "B": (2, 1)}),
        ("\n# A=0\n  export A = 1 # c\n", False, {"A": (3, 10)}),
        ("A='x\ny'\nB: z\n", False, {"A": (1, 1), "B": (3, 1)}),
        ("A=1\nA=2\n", False, {"A": (2, 1)}),
        ("A\nB=${A:?not looked at}\n", False, {"A": (1, 1), "B": (2, 1)}),
        ("# A\n A='x\nB=y'\n", True, {"A": (2, 2), "B": (3, 1)}),
        ("A\n\n#\n", True, {"A": (1, 1)}),
    ],
)
def test_a_variable_is_where_its_name_stands_last(
    text: str, raw: bool, found: dict[str, tuple[int, int]]
) -> None:
    places = dotenv.places(SourceFile(".env", text), raw=raw)

    assert {name: (mark.line, mark.column) for name, mark in places.items()} == found


def test_a_variable_of_an_included_project_is_set_around_it_or_in_its_own_files(
    tmp_path: Path,
) -> None:
    write(tmp_path, ".env", "OURS=1\nBOTH=1\n")
    write(tmp_path, "sub/.env", "BOTH=2\nTHEIRS=2\n")
    write(tmp_path, "sub/compose.yaml", "services: {a: {image: '${OURS}${BOTH}${THEIRS}${NO-}'}}")
    write(tmp_path, "compose.yaml", "include: [sub/compose.yaml]")

    loaded, origins = load_with_origins(options(tmp_path))

    assert loaded.project.services["a"].image == "112"
    _, *variables = origins.of(("services", "a", "image"))
    assert [(one.name, str(one.source)) for one in variables if isinstance(one, Variable)] == [
        ("OURS", ".env:1:1"),
        ("BOTH", ".env:2:1"),
        ("THEIRS", "sub/.env:2:1"),
        ("NO", "not set"),
    ]


@pytest.mark.parametrize(("asked", "line"), [((), ".env:1:1"), (("a.env", "b.env"), "b.env:1:1")])
def test_of_several_files_the_one_that_counts_is_named(
    tmp_path: Path, asked: tuple[str, ...], line: str
) -> None:
    for name in (".env", "sub/.env", "a.env", "b.env"):
        write(tmp_path, name, f"TAG={name.replace('/', '')}\n")
    write(tmp_path, "sub/compose.yaml", "services: {a: {image: 'x:${TAG}'}}")

    _, origins = load_with_origins(
        options(tmp_path, files=("sub/compose.yaml",), project_directory=".", env_files=asked)
    )

    assert str(origins.of_variable("TAG")) == line


def test_what_was_dropped_or_moved_on_the_way_points_at_what_is_left(tmp_path: Path) -> None:
    write(
        tmp_path,
        "compose.yaml",
        """
        services:
          web:
            image: x
            ports: ["80:80"]
            build:
              ssh:
                - default
                - b=./b
                - a=./a
        """,
    )
    write(
        tmp_path,
        "compose.override.yaml",
        """
        services:
          web:
            image: !reset
            ports: !override ["81:81"]
        """,
    )

    _, origins = load_with_origins(options(tmp_path))

    assert str(origins.of(("services", "web", "ports", 0, "target"))[0]) == (
        "compose.override.yaml:4:23"
    )
    keys = [origins.of(("services", "web", "build", "ssh", at))[0] for at in range(3)]
    assert [str(key) for key in keys] == [  # printed in the order of their names
        "compose.yaml:9:11",
        "compose.yaml:8:11",
        "compose.yaml:7:11",
    ]
