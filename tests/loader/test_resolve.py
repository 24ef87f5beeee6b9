from __future__ import annotations

from pathlib import Path

import pytest

from support.loading import faults_of, project_of, service_of, write
from support.problems import assert_problems

SHELL = {"FROM_SHELL": "shell"}


def test_a_name_without_a_value_takes_the_one_of_the_shell_or_of_dotenv(tmp_path: Path) -> None:
    write(tmp_path, ".env", "FROM_DOTENV=dotenv")
    web = service_of(tmp_path, "environment: [FROM_SHELL, FROM_DOTENV, NOWHERE]", environment=SHELL)

    assert web.environment == {"FROM_SHELL": "shell", "FROM_DOTENV": "dotenv", "NOWHERE": None}


def test_an_argument_without_a_value_is_dropped(tmp_path: Path) -> None:
    web = service_of(
        tmp_path, "build: {context: ., args: [FROM_SHELL, NOWHERE, A=b]}", environment=SHELL
    )

    assert web.build is not None
    assert web.build.args == {"FROM_SHELL": "shell", "A": "b"}


def test_own_variables_win_over_files_and_later_files_over_earlier(tmp_path: Path) -> None:
    write(tmp_path, "one.env", "A=one\nB=one\nC=one")
    write(tmp_path, "two.env", "B=two\nC=two")
    web = service_of(tmp_path, "env_file: [one.env, two.env], environment: {C: own}")

    assert web.environment == {"A": "one", "B": "two", "C": "own"}
    assert web.env_file == ()


def test_a_name_without_a_value_takes_away_what_a_file_says(tmp_path: Path) -> None:
    write(tmp_path, "one.env", "A=one")

    assert service_of(tmp_path, "env_file: one.env, environment: [A]").environment == {"A": None}


def test_the_shell_takes_part_in_a_file_but_does_not_override_it(tmp_path: Path) -> None:
    write(tmp_path, "one.env", "X=file\nREF=${X}\nOWN=${Y}\nEARLIER=${OWN}!\nINHERITED")
    web = service_of(
        tmp_path,
        "env_file: one.env, environment: {Y: own}",
        environment={"X": "shell", "INHERITED": "yes"},
    )

    assert web.environment == {
        "X": "file",
        "REF": "shell",
        "OWN": "own",
        "EARLIER": "own!",
        "INHERITED": "yes",
        "Y": "own",
    }


def test_a_later_file_asks_the_shell_then_the_service_then_earlier_files(tmp_path: Path) -> None:
    write(tmp_path, "one.env", "A=one\nB=one\nC=one")
    write(tmp_path, "two.env", "SEEN=${A} ${B} ${C}")
    web = service_of(
        tmp_path,
        "env_file: [one.env, two.env], environment: {A: own, B: own}",
        environment={"A": "shell"},
    )

    assert web.environment["SEEN"] == "shell own one"


def test_a_file_asks_its_own_lines_before_earlier_files(tmp_path: Path) -> None:
    write(tmp_path, "one.env", "A=one")
    write(tmp_path, "two.env", "BEFORE=${A}\nA=two\nAFTER=${A}")
    web = service_of(tmp_path, "env_file: [one.env, two.env]")

    assert web.environment == {"A": "two", "BEFORE": "one", "AFTER": "two"}


@pytest.mark.parametrize("entry", ["two.env", "{path: two.env, format: raw}"])
def test_a_name_alone_in_a_file_keeps_what_an_earlier_file_says(tmp_path: Path, entry: str) -> None:
    write(tmp_path, "one.env", "A=one")
    write(tmp_path, "two.env", "A\nNOWHERE")
    web = service_of(tmp_path, f"env_file: [one.env, {entry}]")

    assert web.environment == {"A": "one"}


def test_a_raw_file_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "raw.env", "A='b' # c\nB=${A}")
    web = service_of(tmp_path, "env_file: [{path: raw.env, format: raw}]")

    assert web.environment == {"A": "'b' # c", "B": "${A}"}


def test_a_missing_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, "web.env", "")
    text = """
        services:
          web:
            image: x
            env_file:
              - wbe.env
              - {path: absent.env, required: false}
        """

    assert_problems(
        faults_of(tmp_path, text),
        """
        error: file 'wbe.env' does not exist
          --> compose.yaml:5:9
           |
         5 |       - wbe.env
           |         ^^^^^^^
           = help: did you mean 'web.env'?
        """,
    )


def test_a_missing_file_may_be_made_or_done_without(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, "services: {web: {image: x, env_file: web.env}}")
    assert fault.help == (
        "correct the path, or create the file; with 'required: false' it may be absent"
    )
    [fault] = faults_of(tmp_path, "services: {web: {image: x, label_file: web.labels}}")
    assert fault.help == "correct the path, or create the file"


def test_a_file_that_everybody_is_to_make_is_told_with_its_pattern(tmp_path: Path) -> None:
    write(tmp_path, "web.env.example", "A=")
    [fault] = faults_of(tmp_path, "services: {web: {image: x, env_file: web.env}}")

    assert fault.help == "copy 'web.env.example' to it, and fill it in"


def test_a_file_that_cannot_be_understood_is_told_at_its_line(tmp_path: Path) -> None:
    write(tmp_path, "web.env", "A=b\nC D=e\n")
    [fault] = faults_of(tmp_path, "services: {web: {image: x, env_file: web.env}}")

    assert str(fault.mark) == "web.env:2:1"


def test_a_broken_file_is_told_once_with_every_place_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "A B=1")

    assert_problems(
        faults_of(
            tmp_path,
            """
            services:
              web: {image: x, env_file: a.env}
              db: {image: x, env_file: [a.env]}
            """,
        ),
        """
        error: variable name 'A B' contains a space
          --> a.env:1:1
           |
         1 | A B=1
           | ^^^
           = help: did you mean 'A_B'?
        note: the file is named here
          --> compose.yaml:2:29
           |
         2 |   web: {image: x, env_file: a.env}
           |                             ^^^^^
        note: the file is named here
          --> compose.yaml:3:29
           |
         3 |   db: {image: x, env_file: [a.env]}
           |                             ^^^^^
        """,
    )


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    [fault] = faults_of(
        tmp_path, "services: {web: {image: x, env_file: [{path: a, format: toml}]}}"
    )

    assert "toml" in fault.message


def test_a_missing_file_of_a_service_that_nobody_asked_for_is_no_problem(tmp_path: Path) -> None:
    text = """
        services:
          web: {image: x, depends_on: [db]}
          db: {image: x}
          other: {image: x, env_file: absent.env}
        """

    assert project_of(tmp_path, text, services=("web",)).services["other"].environment == {}
    assert len(faults_of(tmp_path, text)) == 1
    assert len(faults_of(tmp_path, text, services=("other",))) == 1


def test_a_missing_file_of_a_dependency_is_a_problem(tmp_path: Path) -> None:
    text = """
        services:
          web: {image: x, depends_on: [db]}
          db: {image: x, env_file: absent.env}
        """

    assert len(faults_of(tmp_path, text, services=("web",))) == 1


def test_own_labels_win_over_those_of_files(tmp_path: Path) -> None:
    write(tmp_path, "one.labels", "a=one\nb=one\nc=${a}")
    write(tmp_path, "two.labels", "b=two")
    web = service_of(tmp_path, "label_file: [one.labels, two.labels], labels: {a: own}")

    assert web.labels == {"a": "own", "b": "two", "c": "one"}
    assert web.label_file == (str(tmp_path / "one.labels"), str(tmp_path / "two.labels"))


@pytest.mark.parametrize("section", ["configs", "secrets"])
def test_content_comes_from_the_variable_that_is_named(tmp_path: Path, section: str) -> None:
    text = f"""
        services: {{web: {{image: x, {section}: [a, b, c]}}}}
        {section}:
          a: {{environment: FROM_SHELL}}
          b: {{environment: NOWHERE}}
          c: {{file: ./c}}
        """
    project = project_of(tmp_path, text, environment=SHELL)
    entries = getattr(project, section)

    assert {key: one.content for key, one in entries.items()} == {
        "a": "shell",
        "b": None,
        "c": None,
    }


def test_without_resolving_files_stay_and_names_get_their_values(tmp_path: Path) -> None:
    web = service_of(
        tmp_path,
        "env_file: absent.env, environment: [FROM_SHELL]",
        environment=SHELL,
        resolve_environment=False,
    )

    assert web.environment == {"FROM_SHELL": SHELL["FROM_SHELL"]}
    assert [entry.path for entry in web.env_file] == [str(tmp_path / "absent.env")]
