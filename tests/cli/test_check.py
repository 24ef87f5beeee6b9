from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from composer.loader.warning_names import ADVICE, WARNINGS
from support.session import World

Check = Callable[..., str]

FINE = "services: {web: {image: 'nginx:1.27'}}"
LATEST = """
    services:
      web:
        image: nginx
"""


@pytest.fixture
def check(demo: World, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `composer check`, which must end with `code`, and return what it prints."""

    def run(*argv: str, code: int = 0) -> str:
        assert demo.run("check", *argv) == code
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return run


def names(text: str) -> list[str]:
    """Return the names of the warnings in `text`, and "error" for each error."""
    titles = [line for line in text.splitlines() if line.startswith(("error", "warning["))]
    return [title.partition("]")[0].partition(":")[0].removeprefix("warning[") for title in titles]


# What is printed, and how it ends


def test_without_a_problem_one_line_says_so(demo: World, check: Check) -> None:
    demo.write(FINE)

    assert check() == "compose.yaml: no problems\n"


def test_a_file_that_is_named_twice_is_counted_once(demo: World, check: Check) -> None:
    demo.write(FINE)

    assert check("compose.yaml", "./compose.yaml") == "compose.yaml: no problems\n"


def test_warnings_alone_are_no_failure(demo: World, check: Check) -> None:
    demo.write(LATEST)

    assert check() == dedent(
        """\
        warning[latest-tag]: image 'nginx' has no tag, which means latest: another one from day to day
          --> compose.yaml:3:12
           |
         3 |     image: nginx
           |            ^^^^^
           = help: name a version: nginx:VERSION

        compose.yaml: 1 warning
        """  # noqa: E501
    )


def test_strict_makes_warnings_a_failure(demo: World, check: Check) -> None:
    demo.write(LATEST)

    check("--strict", code=1)


def test_errors_and_warnings_stand_in_the_order_of_the_file(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web:
            image: nginx
            networks: [frnt]
            env_file: missing.env
            privileged: true
        networks: {front: }
        """
    )

    said = check(code=1)
    assert names(said) == ["latest-tag", "error", "error", "privileged", "unused-resource"]
    assert "uses network 'frnt'" in said
    assert "missing.env" in said
    assert said.endswith("\ncompose.yaml: 2 errors, 3 warnings\n")


def test_an_early_error_does_not_hide_the_warnings_before_it(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG}', prots: [80]}}")

    assert names(check(code=1)) == ["unset-variable", "error"]


def test_a_value_that_does_not_fit_is_an_error_among_the_others(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG}', stop_grace_period: soon}}")

    assert names(check(code=1)) == ["unset-variable", "error"]


def test_a_syntax_error_is_one_of_the_problems(demo: World, check: Check) -> None:
    demo.write("services:\n  web: [\n")

    assert check(code=1).endswith("\n\ncompose.yaml: 1 error\n")


def test_where_there_is_no_file_that_is_the_error(demo: World, check: Check) -> None:
    (demo.directory / "compose.yaml").unlink()

    said = check(code=1)
    assert said.startswith("error: no compose file found in ")
    assert said.endswith("\n\n1 error\n")


def test_several_files_are_named_and_sorted_as_they_are_merged(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: nginx}}")
    demo.write("services: {api: {image: app}}", "compose.override.yaml")

    said = check()
    assert said.index("--> compose.yaml:") < said.index("--> compose.override.yaml:")
    assert said.endswith("\ncompose.yaml, compose.override.yaml: 2 warnings\n")


def test_services_that_a_profile_switches_off_are_looked_at(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: nginx, profiles: [debug]}}")

    assert names(check()) == ["latest-tag"]


def test_what_several_services_have_from_one_place_is_said_once(demo: World, check: Check) -> None:
    demo.write(
        """
        x-all: &all {image: "app:1", privileged: true}
        services: {one: *all, two: *all}
        """
    )

    assert names(check()) == ["privileged"]


def test_advice_is_for_check_alone(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo.write(LATEST)

    assert demo.run("config", "-q") == 0
    assert capsys.readouterr().err == ""


def test_other_commands_do_not_even_import_advice(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(FINE)
    program = (
        "import sys; from composer.__main__ import main; main(['config', '-q']);"
        "print(*(name for name in sys.modules if 'advice' in name or 'survey' in name))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"


# What is asked for


def test_files_may_be_named_behind_the_command(demo: World, check: Check) -> None:
    demo.write(LATEST, "one.yaml")
    demo.write("services: {api: {image: app}}", "sub/two.yml")

    assert check("one.yaml", "sub/two.yml").endswith("\none.yaml, sub/two.yml: 2 warnings\n")


def test_services_narrow_the_advice_to_what_they_need(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web: {image: "nginx:1.27", depends_on: [api]}
          api: {image: app}
          other: {image: other}
        """
    )

    assert "'app'" in check("web")
    assert names(check("web")) == ["latest-tag"]


def test_an_unknown_service_is_an_error(demo: World, check: Check) -> None:
    demo.write(FINE)

    assert "did you mean 'web'?" in check("wb", code=1)


def test_standard_input_is_a_file_too(
    demo: World, check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("services: {web: {image: nginx}}")
    with (tmp_path / "text").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        said = check("-", "--format", "json")

    assert [problem["file"] for problem in json.loads(said)] == ["stdin"]


def test_an_unsupported_format_is_refused(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("check", "--format", "xml") == 1
    assert capsys.readouterr().err.startswith("error: unsupported --format value 'xml'\n")


# JSON


def test_json_has_the_place_of_each_problem_and_of_its_notes(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web:
            image: nginx:1.27
            network_mode: host
            ports: ["80:80"]
        """
    )

    file = str(demo.directory / "compose.yaml")
    place: dict[str, Any] = {"file": file, "line": 5, "column": 5, "endColumn": 10}
    assert json.loads(check("--format", "json")) == [
        {
            **place,
            "severity": "warning",
            "name": "dead-ports",
            "message": "ports have no effect: the container listens on this machine itself",
            "help": "remove them, or network_mode",
            "notes": [
                {
                    "message": "the reason",
                    "file": file,
                    "line": 4,
                    "column": 19,
                    "endColumn": 23,
                }
            ],
        }
    ]


def test_json_of_an_error_has_no_name_and_perhaps_no_place(demo: World, check: Check) -> None:
    said = json.loads(check("zzz.yml", "--format", "json", code=1))

    assert said == [
        {
            **dict.fromkeys(("file", "line", "column", "endColumn", "name")),
            "severity": "error",
            "message": "file 'zzz.yml' does not exist",
            "help": "there is 'compose.yaml'",
            "notes": [],
        }
    ]


def test_json_of_a_syntax_error_has_its_place(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: 'nginx}}")

    (problem,) = json.loads(check("--format", "json", code=1))
    assert problem["severity"] == "error"
    assert problem["line"] == 1


def test_json_without_a_problem_is_an_empty_list(demo: World, check: Check) -> None:
    demo.write(FINE)

    assert check("--format", "json") == "[]\n"


# The list


def test_the_list_has_every_warning_with_what_it_means(demo: World, check: Check) -> None:
    lines = check("--list").splitlines()

    assert [line.split()[0] for line in lines[1:]] == sorted(WARNINGS)
    assert all(line.endswith(WARNINGS[line.split()[0]]) for line in lines[1:])


def test_the_list_can_be_json(demo: World, check: Check) -> None:
    rows = json.loads(check("--list", "--format", "json"))

    assert {row["name"]: row["summary"] for row in rows} == WARNINGS


# Silence


def test_a_flag_silences_warnings_by_name(demo: World, check: Check) -> None:
    demo.write("services: {web: {image: nginx, privileged: true, pid: host, ports: [5432]}}")

    assert names(check("--ignore", "latest-tag,privileged")) == ["database-port"]
    assert names(check("--ignore", "latest-tag", "--ignore", "database-port")) == ["privileged"]


def test_a_flag_with_an_unknown_name_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("check", "--ignore", "latest-tags") == 1
    assert capsys.readouterr().err == (
        "error: --ignore: there is no warning 'latest-tags'\n"
        "   = help: did you mean 'latest-tag'?\n"
    )


def test_the_top_level_silences_for_the_project_merged_from_all_files(
    demo: World, check: Check
) -> None:
    demo.write(
        """
        x-composer: {ignore: [latest-tag]}
        services: {web: {image: nginx, privileged: true}}
        """
    )
    demo.write(
        """
        x-composer: {ignore: [privileged]}
        services: {api: {image: app}}
        """,
        "compose.override.yaml",
    )

    assert names(check()) == []


def test_a_service_silences_for_itself(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web: {image: nginx, x-composer: {ignore: latest-tag}}
          api: {image: app}
        """
    )

    said = check()
    assert names(said) == ["latest-tag"]
    assert "'app'" in said


def test_a_service_silences_what_stands_in_its_text(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web:
            image: nginx:${TAG}
            x-composer: {ignore: [unset-variable]}
          api:
            image: app:${VERSION}
        """
    )

    said = check()
    assert names(said) == ["unset-variable"]
    assert "'VERSION'" in said


def test_a_service_silences_what_it_inherits(demo: World, check: Check) -> None:
    demo.write(
        """
        x-all: &all {image: "app:1", privileged: true}
        services:
          web: {<<: *all, x-composer: {ignore: [privileged]}}
        """
    )

    assert names(check()) == []


def test_what_one_service_silences_another_may_still_say(demo: World, check: Check) -> None:
    demo.write(
        """
        x-all: &all {image: "app:1", privileged: true}
        services:
          web: {<<: *all, x-composer: {ignore: [privileged]}}
          api: {<<: *all}
        """
    )

    assert names(check()) == ["privileged"]


def test_a_comment_silences_on_its_line(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web:
            image: nginx  # composer: ignore latest-tag, privileged (this is on purpose)
            privileged: true
          api:
            image: app  # composer: ignores latest-tag
        """
    )

    assert names(check()) == ["privileged", "latest-tag"]


def test_a_comment_on_a_line_of_its_own_silences_the_next(demo: World, check: Check) -> None:
    demo.write(
        """
        services:
          web:
            # composer: ignore latest-tag
            image: nginx
            privileged: true
        """
    )

    assert names(check()) == ["privileged"]


def test_an_included_file_silences_for_itself(demo: World, check: Check) -> None:
    demo.write(
        """
        include: [other.yaml]
        services: {web: {image: nginx}}
        """
    )
    demo.write(
        """
        x-composer: {ignore: [latest-tag]}
        services: {api: {image: app}}
        """,
        "other.yaml",
    )

    said = check()
    assert names(said) == ["latest-tag"]
    assert "'nginx'" in said


def test_where_loading_fails_the_file_still_silences(demo: World, check: Check) -> None:
    demo.write(
        """
        x-composer: {ignore: [unset-variable]}
        services: {web: {image: "nginx:${TAG}", prots: []}}
        """
    )

    assert names(check(code=1)) == ["error"]


def test_an_error_cannot_be_silenced(demo: World, check: Check) -> None:
    demo.write(
        """
        x-composer: {ignore: [""]}
        services: {web: {image: x, prots: []}}
        """
    )

    assert names(check(code=1)) == ["unknown-ignore", "error"]


@pytest.mark.parametrize(
    "command", [["up", "-d"], ["config", "-q"], ["config", "--no-interpolate"]]
)
def test_other_commands_hear_of_silence_too(
    demo: World, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    demo.write(
        """
        version: "3"  # composer: ignore obsolete-version
        services:
          web:
            image: nginx:alpine
            volumes: ["a:/data"]
            x-composer: {ignore: [one-letter-volume]}
        volumes: {a: }
        """
    )

    assert demo.run(*command) == 0
    assert "warning" not in capsys.readouterr().err


def test_silence_does_not_change_the_config_hash(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: nginx}}")
    demo.run("config", "--hash", "*")
    before = capsys.readouterr().out

    demo.write("services: {web: {image: nginx, x-composer: {ignore: [latest-tag]}}}")
    demo.run("config", "--hash", "*")
    assert capsys.readouterr().out == before


def test_config_prints_silence_like_any_extension(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write(
        """
        x-composer: {ignore: [privileged]}
        services: {web: {image: nginx, x-composer: {ignore: [latest-tag]}}}
        """
    )

    assert demo.run("config") == 0
    out = capsys.readouterr().out
    assert "    x-composer:\n      ignore:\n        - latest-tag\n" in out
    assert out.endswith("x-composer:\n  ignore:\n    - privileged\n")


# The documentation


def test_the_page_explains_every_warning_and_no_other() -> None:
    page = Path(__file__).parents[2] / "docs" / "check.md"
    headings = [
        line.removeprefix("### ").strip("`")
        for line in page.read_text().splitlines()
        if line.startswith("### ")
    ]

    assert sorted(headings) == sorted(WARNINGS)


def test_the_page_says_which_warnings_are_for_check_alone() -> None:
    page = Path(__file__).parents[2] / "docs" / "check.md"
    _, _, advice = page.read_text().partition("\n## Only from `composer check`\n")

    assert {name for name in WARNINGS if f"\n### `{name}`\n" in advice} == set(ADVICE)


# The samples

SAMPLES = Path(__file__).parents[2] / "samples"
TOLD = {"rails": ["obsolete-links"]}
"""What `check` says of samples that are as `migrate` leaves them."""


@pytest.mark.parametrize("sample", sorted(path.parent.name for path in SAMPLES.glob("*/README.md")))
def test_the_samples_are_good_examples(
    sample: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert World(SAMPLES / sample, monkeypatch).run("check") == 0
    assert names(capsys.readouterr().out) == TOLD.get(sample, [])
