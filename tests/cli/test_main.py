from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from composer.__main__ import main
from composer.cli import main as program
from support.session import World

Run = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line that must be refused; return what it says."""

    def run(world: World, *argv: str) -> str:
        assert world.run(*argv) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    return run


def test_an_unknown_command_is_refused_with_the_nearest_one(demo: World, refused: Run) -> None:
    assert refused(demo, "pss") == (
        "error: unknown command: 'pss'\n   = help: did you mean 'ps'?\n"
    )


@pytest.mark.parametrize(
    ("words", "help"),
    [
        ("login", "that is a command of docker: docker login"),
        ("rmi x", "that is a command of docker: docker rmi"),
        ("plugin nope", "see composer plugin --help"),
        ("logs db-1", "db-1 is a container: number 1 of service 'db'"),
        ("exec demo-db-2 ls", "demo-db-2 is a container: number 2 of service 'db'"),
        ("ls -al", "see composer ls --help"),
    ],
)
def test_who_looks_for_something_else_is_told_where_it_is(
    demo: World, refused: Run, words: str, help: str
) -> None:
    assert refused(demo, *words.split()).endswith(f"   = help: {help}\n")


def test_a_global_flag_behind_the_command_is_told_where_it_stands(
    demo: World, refused: Run
) -> None:
    assert refused(demo, "up", "-f", "x.yaml") == (
        "error: unknown shorthand flag: 'f' in -f\n"
        "   = help: a global flag stands before the command: composer -f … up\n"
    )


def test_a_flag_of_the_command_before_it_is_told_where_it_stands(demo: World, refused: Run) -> None:
    assert refused(demo, "-d", "up") == (
        "error: unknown shorthand flag: 'd' in -d\n"
        "   = help: a flag of 'up' stands behind it: composer up -d …\n"
    )
    assert "did you mean '--profile'?" in refused(demo, "--profil", "x", "up")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--ansi never --progress tty ps", "--ansi never and --progress tty are not possible"),
        ("--ansi always --progress plain ps", "--ansi always and --progress plain are not"),
        ("--progress loud ps", "unsupported --progress value 'loud'"),
        ("--no-ansi --ansi always ps", "--no-ansi is the old spelling of --ansi"),
        ("--workdir . --project-directory . ps", "--workdir is the old spelling of"),
        ("--parallel x ps", 'invalid argument "x" for "--parallel" flag: not a whole number'),
    ],
)
def test_global_flags_that_contradict_are_refused(
    demo: World,
    refused: Run,
    argv: str,
    message: str,
) -> None:
    assert message in refused(demo, *argv.split())


def test_with_json_progress_errors_are_json_too(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("--progress", "json", "ps", "nope") == 1

    assert capsys.readouterr().err == '{"error":true,"message":"no such service: nope"}\n'


def test_with_json_progress_all_that_is_told_is_json(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: 'nginx:alpine', labels: {a: '$GONE'}}}")
    for command in ("build", "kill", "down"):
        assert demo.run("--progress", "json", command) == 0

    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["level"], one["msg"]) for one in told if one["level"] == "info"] == [
        ("info", "demo: no service to build"),
        ("info", "no container to kill"),
        ("info", "demo: nothing to remove"),
    ]
    unset = next(one for one in told if one["level"] == "warning")
    assert "GONE" in unset["msg"]
    assert (unset["file"], unset["line"]) == ("compose.yaml", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", unset["time"])


def test_with_json_progress_errors_of_files_have_their_place(demo: World, refused: Run) -> None:
    (demo.directory / "compose.yaml").write_text("services:\n  web:\n    prots: []\n")

    assert json.loads(refused(demo, "--progress", "json", "config")) == {
        "error": True,
        "message": "unknown key 'prots' in service 'web'",
        "file": "compose.yaml",
        "line": 3,
        "column": 5,
        "help": "did you mean 'ports'?",
    }


def test_every_problem_of_the_files_is_shown_at_its_line(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write(
        """
        services:
          web:
            imag: nginx
            network: x
        """
    )

    assert demo.run("up", "-d") == 1
    err = capsys.readouterr().err
    assert "compose.yaml:3:5" in err
    assert "compose.yaml:4:5" in err


def test_no_arguments_and_help_print_the_commands(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run() == 0
    alone = capsys.readouterr().out
    assert demo.run("--help") == 0
    assert capsys.readouterr().out == alone
    shown = [" ".join(line.split()) for line in alone.splitlines()]
    for name, summary in program.COMMANDS.items():
        assert (f"{name} {summary}" in shown) is (name not in program.HIDDEN and " " not in name), (
            name
        )


@pytest.mark.parametrize("name", sorted(program.COMMANDS))
def test_every_command_has_help_that_begins_with_its_summary(
    demo: World, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert demo.run(*name.split(), "--help") == 0

    out = capsys.readouterr().out
    assert out.startswith(f"Usage:  composer {name} [OPTIONS]")
    assert f"\n\n{program.COMMANDS[name]}\n\n" in out


def test_a_group_alone_lists_its_commands(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("alpha") == 0
    alone = capsys.readouterr().out
    assert demo.run("alpha", "--help") == 0
    assert capsys.readouterr().out == alone
    assert alone.startswith("Usage:  composer alpha [OPTIONS] COMMAND\n")
    assert ["scale", "The", "old", "form", "of", "`scale`"] in map(str.split, alone.splitlines())


def test_a_command_in_a_group_is_run(demo: World) -> None:
    assert demo.run("alpha", "scale", "db=2") == 0

    assert set(demo.states) == {"demo-db-1", "demo-db-2"}


@pytest.mark.parametrize(
    "argv", ["alpha dry-run -- up -d", "alpha dry-run up -d", "alpha --dry-run scale db=2"]
)
def test_a_dry_run_in_a_group_does_nothing(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str
) -> None:
    assert demo.run(*argv.split()) == 0

    assert "start demo-db-1" in capsys.readouterr().out
    assert demo.states == {}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("up -d --y", "--y is an old spelling of --yes"),
        ("create --y", "--y is an old spelling of --yes"),
        ("down --volume", "--volume is an old spelling of --volumes"),
        ("--no-ansi version", "--no-ansi is an old spelling of --ansi never"),
        ("--workdir . version", "--workdir is an old spelling of --project-directory"),
        ("pull --parallel", "--parallel has no effect any more; the global --parallel has"),
    ],
)
def test_old_spellings_work_and_are_told(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, said: str
) -> None:
    assert demo.run(*argv.split()) == 0

    assert f"warning: {said}\n" in capsys.readouterr().err


def test_dry_run_is_accepted_behind_every_command(demo: World) -> None:
    assert demo.run("version", "--dry-run") == 0


def test_an_unknown_command_in_a_group_is_refused_with_the_nearest_one(
    demo: World, refused: Run
) -> None:
    assert refused(demo, "alpha", "scal", "db=2") == (
        "error: unknown command: 'alpha scal'\n   = help: did you mean 'alpha scale'?\n"
    )


@pytest.mark.parametrize(
    ("argv", "usage"),
    [
        ("--help up web", "composer up [OPTIONS] [SERVICE...]"),
        ("-h --progress plain ps", "composer ps [OPTIONS] [SERVICE...]"),
        ("--help alpha scale", "composer alpha scale [OPTIONS] SERVICE=N..."),
        ("alpha --help scale", "composer alpha scale [OPTIONS] SERVICE=N..."),
        ("alpha --help", "composer alpha [OPTIONS] COMMAND"),
        ("--help nosuch", "composer [OPTIONS] COMMAND"),
        ("up nosuch -h", "composer up [OPTIONS] [SERVICE...]"),
        ("exec -h", "composer exec [OPTIONS] SERVICE COMMAND..."),
        ("-f nosuch.yaml up --help", "composer up [OPTIONS] [SERVICE...]"),
    ],
)
def test_help_is_about_the_command_wherever_it_is_asked_for(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, usage: str
) -> None:
    assert demo.run(*argv.split()) == 0

    assert capsys.readouterr().out.splitlines()[0] == f"Usage:  {usage}"


def test_help_may_be_asked_for_with_a_word(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("help", "config") == 0
    assert capsys.readouterr().out.startswith("Usage:  composer config ")

    assert demo.run("help", "alpha", "scale") == 0
    assert capsys.readouterr().out.startswith("Usage:  composer alpha scale ")

    assert demo.run("help") == 0
    assert capsys.readouterr().out.startswith("Usage:  composer [OPTIONS] COMMAND")

    assert demo.run("help", "cnfig") == 1
    assert "did you mean 'config'?" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(argv: object, **_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(program, "dispatch", broken)

    assert main(["ps"]) == 141
    assert capfd.readouterr().err == ""


def test_an_interrupted_command_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(argv: object, **_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "dispatch", interrupted)

    assert main(["ps"]) == 130


def test_a_bug_asks_to_be_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def buggy(argv: object, **_: object) -> int:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(program, "dispatch", buggy)

    assert main(["ps"]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError: oops" in err
    assert err.endswith("this is a bug in composer, please report it with the lines above\n")


def test_the_directory_is_called_as_the_shell_calls_it(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    link = demo.directory.parent / "by-another-name"
    link.symlink_to(demo.directory)
    demo.setenv("PWD", str(link))

    assert demo.run("config") == 0
    said = capsys.readouterr()
    assert said.out.startswith("name: by-another-name\n")
    assert "warning[linked-directory]: the project is called 'by-another-name'" in said.err
