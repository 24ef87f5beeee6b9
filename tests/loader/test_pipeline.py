from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from composer.errors import InvalidProject
from composer.loader.pipeline import load, merge_files, project_name
from composer.model.options import LoadOptions
from support.loading import faults_of, load_text, options, project_of, write
from support.problems import assert_problems

WEB = "services: {web: {image: nginx}}"


def test_a_project_knows_its_name_its_directory_and_its_files(tmp_path: Path) -> None:
    write(tmp_path, ".env", "A=b")
    project = project_of(tmp_path, WEB)

    assert project.name == "demo"
    assert project.directory == str(tmp_path)
    assert project.files == (str(tmp_path / "compose.yaml"),)
    assert project.env_files == (str(tmp_path / ".env"),)


def test_services_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    project = project_of(tmp_path, "services: {web: {image: x}, db: {image: x}, app: {image: x}}")

    assert list(project.services) == ["web", "db", "app"]


def test_marks_survive_merging_and_point_into_the_file_that_said_it(tmp_path: Path) -> None:
    write(tmp_path, "compose.override.yaml", "services:\n  web:\n    user: root\n")
    project = project_of(tmp_path, WEB)

    assert str(project.mark("services", "web", "image")) == "compose.yaml:1:25"
    assert str(project.mark("services", "web", "user")) == "compose.override.yaml:3:11"
    assert str(project.mark("services", "web", "tty")) == "compose.yaml:1:12"


def test_all_problems_of_a_pass_are_told_with_their_lines(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        services:
          web:
            image: nginx:${TAG:?set the tag}
            enviroment: {A: b}
        """,
    )

    assert_problems(
        faults,
        """
        error: required variable TAG is missing a value: set the tag
          --> compose.yaml:3:18
           |
         3 |     image: nginx:${TAG:?set the tag}
           |                  ^^^^^^^^^^^^^^^^^^^
           = help: set TAG in the environment or in .env

        error: unknown key 'enviroment' in service 'web'
          --> compose.yaml:4:5
           |
         4 |     enviroment: {A: b}
           |     ^^^^^^^^^^
           = help: did you mean 'environment'?
        """,
    )


def test_wrong_short_forms_are_told_beside_what_the_schema_refuses(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        services:
          web:
            image: nginx
            ports: ["80:99999"]
            depends_on: 5
          db:
            imgae: postgres
            ports:
              - "${PORT:?which}:80"
            volumes:
              - /data:/data:rw:ro
        """,
    )

    assert [str(fault.mark) for fault in faults] == [
        "compose.yaml:4:17",  # a port that is none
        "compose.yaml:5:17",  # a number that is no service
        "compose.yaml:7:5",  # a key that is not known
        "compose.yaml:9:10",  # a variable that is not set
        "compose.yaml:11:9",  # two modes of one volume
    ]


def test_problems_of_all_files_that_cannot_be_read_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", "a: [")
    with pytest.raises(InvalidProject) as refused:
        load(options(tmp_path, files=("one.yaml", "two.yaml")))

    assert len(refused.value.problems) == 2


def test_a_missing_file_that_a_variable_names_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidProject) as caught:
        load(
            LoadOptions(
                working_directory=str(tmp_path), environment={"COMPOSE_FILE": "none/x.yaml"}
            )
        )

    assert [one.help for one in caught.value.problems] == [
        "COMPOSE_FILE names it; there is no directory 'none'"
    ]


def test_only_who_names_a_file_by_a_variable_is_told_of_that(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").mkdir()
    for variables, help in (
        ({"COMPOSE_FILE": "compose.yaml"}, "COMPOSE_FILE names it"),
        ({}, None),
    ):
        with pytest.raises(InvalidProject) as caught:
            load(LoadOptions(working_directory=str(tmp_path), environment=variables))
        assert [one.help for one in caught.value.problems] == [help]


def test_the_project_name_is_there_for_interpolation(tmp_path: Path) -> None:
    project = project_of(
        tmp_path, "services: {web: {image: '${COMPOSE_PROJECT_NAME}'}}", project_name="shop"
    )

    assert project.services["web"].image == "shop"


@pytest.mark.parametrize(
    ("flag", "variable", "text", "expected"),
    [
        ("flag", "variable", "name: file", "flag"),
        (None, "variable", "name: file", "variable"),
        (None, None, "name: file", "file"),
        (None, None, "name: one\n---\nname: two", "two"),
        (None, None, "name: '${NAMED}'", "shell"),
        (None, None, "name: My Proj.Dir_x-1", "myprojdir_x-1"),
        (None, None, "x-none: 1", "updir1"),
    ],
)
def test_the_name_comes_from_the_first_of_flag_variable_file_and_directory(
    tmp_path: Path, flag: str | None, variable: str | None, text: str, expected: str
) -> None:
    directory = tmp_path / "Up Dir.1"
    write(directory, "compose.yaml", f"{text}\n")
    environment = {"NAMED": "shell"}
    if variable:
        environment["COMPOSE_PROJECT_NAME"] = variable
    chosen = options(directory, project_name=flag, environment=environment)

    assert project_name(chosen) == expected
    assert merge_files(chosen).name == expected


def test_an_empty_name_is_none(tmp_path: Path) -> None:
    write(tmp_path / "app", "compose.yaml", "name: ''\n")

    assert project_name(options(tmp_path / "app", project_name=None)) == "app"


def test_the_name_of_a_project_with_a_flag_needs_no_file(tmp_path: Path) -> None:
    assert project_name(options(tmp_path)) == "demo"


def test_a_given_name_must_be_valid_as_it_is(tmp_path: Path) -> None:
    assert_problems(
        faults_of(tmp_path, WEB, project_name="My Project"),
        """
        error: invalid project name 'My Project'
           = help: write 'myproject': lowercase letters, digits, - and _, a letter or a digit first
        """,
    )


def test_a_profile_that_no_service_has_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml", "services: {web: {image: x, profiles: [debug]}}")
    loaded = load(options(tmp_path, profiles=("debgu", "*", "debug")))

    assert_problems(
        loaded.warnings,
        """
        warning[unknown-profile]: no service has the profile 'debgu'
           = help: did you mean 'debug'?
        """,
    )


def test_a_profile_of_the_environment_may_belong_to_another_project(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml", WEB)

    assert load(options(tmp_path, environment={"COMPOSE_PROFILES": "other"})).warnings == ()


def test_a_name_of_which_nothing_is_left_is_refused_at_its_line(tmp_path: Path) -> None:
    assert_problems(
        faults_of(tmp_path, "name: ___\n" + WEB, project_name=None),
        """
        error: no project name can be made of '___'
          --> compose.yaml:1:7
           |
         1 | name: ___
           |       ^^^
           = help: give one with -p NAME
        """,
    )


@pytest.mark.parametrize("text", ["", "# only a comment\n", "version: '3'\n", "---\n---\n"])
def test_files_that_say_nothing_are_an_empty_compose_file(tmp_path: Path, text: str) -> None:
    [fault] = faults_of(tmp_path, text)

    assert fault.message == "empty compose file"


def test_no_services_are_no_problem(tmp_path: Path) -> None:
    assert project_of(tmp_path, "services: {}").services == {}


def test_version_is_dropped_with_a_warning(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "version: '3.8'\n" + WEB)

    assert "version" not in loaded.tree
    assert_problems(
        loaded.warnings,
        """
        warning[obsolete-version]: `version` is obsolete and ignored
          --> compose.yaml:1:1
           |
         1 | version: '3.8'
           | ^^^^^^^
           = help: remove it
        """,
    )


def test_the_format_of_2014_is_recognised(tmp_path: Path) -> None:
    assert_problems(
        faults_of(tmp_path, "web:\n  image: nginx\n"),
        """
        error: service 'web' stands at the top level, not under `services:`
          --> compose.yaml:1:1
           |
         1 | web:
           | ^^^
           = help: this is the format of 2014; run: composer migrate
        """,
    )


def test_warnings_of_all_passes_are_collected(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, "services: {web: {image: 'x:$TAG', restart: never}}")

    assert [warning.severity for warning in loaded.warnings] == ["warning", "warning"]


def test_an_error_that_follows_from_another_on_its_line_is_not_told(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, "services: {web: {image: x, scale: '${N:?how many}'}}")

    assert "how many" in fault.message


def test_an_included_project_has_its_own_directory_and_variables(tmp_path: Path) -> None:
    write(tmp_path, "sub/.env", "TAG=inner\nBOTH=inner")
    write(
        tmp_path,
        "sub/compose.yaml",
        """
        name: nothing
        services:
          db: {image: 'db:${TAG}', hostname: '${BOTH}', build: ., volumes: ['./data:/data']}
        """,
    )
    project = project_of(
        tmp_path,
        "include: [sub/compose.yaml]\nservices: {web: {image: x, depends_on: [db]}}",
        environment={"BOTH": "outer"},
    )
    db = project.services["db"]

    assert project.name == "demo"
    assert (db.image, db.hostname) == ("db:inner", "outer")
    assert db.build is not None
    assert db.build.context == str(tmp_path / "sub")
    assert db.volumes[0].source == str(tmp_path / "sub/data")


def test_variables_of_an_included_project_fill_what_it_leaves_open(tmp_path: Path) -> None:
    write(tmp_path, "sub/.env", "A=inner\nB=inner")
    write(
        tmp_path,
        "sub/compose.yaml",
        """
        services: {db: {image: x, environment: [A, B, C], secrets: [a, b]}}
        secrets: {a: {environment: A}, b: {environment: B}}
        """,
    )
    text = "include: [sub/compose.yaml]\nservices: {web: {image: x, environment: [A]}}"
    project = project_of(tmp_path, text, environment={"B": "outer"})

    assert project.services["db"].environment == {"A": "inner", "B": "outer", "C": None}
    assert project.services["web"].environment == {"A": None}
    assert {key: one.content for key, one in project.secrets.items()} == {
        "a": "inner",
        "b": "outer",
    }


def test_an_override_can_reset_and_replace(tmp_path: Path) -> None:
    write(
        tmp_path,
        "compose.override.yaml",
        """
        services:
          web: {user: !reset null, ports: !override ["81:80"]}
          db: !reset null
        """,
    )
    project = project_of(
        tmp_path,
        "services: {web: {image: x, user: root, ports: ['80:80']}, db: {image: x}}",
    )

    assert list(project.services) == ["web"]
    assert project.services["web"].user is None
    assert [port.published for port in project.services["web"].ports] == ["81"]


def test_long_and_short_form_of_one_port_are_one_port(tmp_path: Path) -> None:
    project = project_of(
        tmp_path, "services: {web: {image: x, ports: ['80:80', {target: 80, published: 80}]}}"
    )

    assert len(project.services["web"].ports) == 1


def test_a_service_is_extended_from_another_file(tmp_path: Path) -> None:
    write(tmp_path, "sub/base.yaml", "services: {base: {image: x, env_file: base.env}}")
    write(tmp_path, "sub/base.env", "A=b")
    project = project_of(
        tmp_path, "services: {web: {extends: {file: sub/base.yaml, service: base}}}"
    )

    assert project.services["web"].environment == {"A": "b"}


def test_a_problem_in_an_included_file_is_told_there(tmp_path: Path) -> None:
    write(tmp_path, "sub/compose.yaml", "services: {db: {imag: x}}")
    [fault] = faults_of(tmp_path, "include: [sub/compose.yaml]")

    assert str(fault.mark) == "sub/compose.yaml:1:17"


def test_without_interpolation_dollars_stay(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml", "services: {web: {image: 'x:${TAG}', ports: ['${PORT}:80']}}")
    merged = merge_files(options(tmp_path, interpolate=False))

    assert merged.root["services"]["web"]["image"] == "x:${TAG}"


def test_without_resolving_paths_they_stay_relative(tmp_path: Path) -> None:
    project = project_of(tmp_path, "services: {web: {build: ./sub}}", resolve_paths=False)
    build = project.services["web"].build

    assert build is not None
    assert build.context == "./sub"


def test_without_checks_a_broken_reference_passes(tmp_path: Path) -> None:
    project = project_of(
        tmp_path, "services: {web: {image: x, networks: [gone]}}", check_consistency=False
    )

    assert list(project.services["web"].networks) == ["gone"]


def test_loading_imports_no_client_and_no_table_of_graphs(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml", WEB)
    heavy = ("docker", "requests", "rich", "networkx", "jsonschema", "asyncio", "argparse")
    script = (
        "import sys\n"
        "from composer.loader.pipeline import load\n"
        "from composer.model.options import LoadOptions\n"
        f"load(LoadOptions(working_directory={str(tmp_path)!r}))\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")
