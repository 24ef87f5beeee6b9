from __future__ import annotations

import pytest

from composer.cli.main import dispatch
from composer.cli.spelling import COMPOSER, PLUGIN, STANDALONE, read, respelled
from composer.errors import Problem
from support.session import World


def spelled(path: str, line: str) -> tuple[str, str]:
    call = read(path, line.split())
    return call.program, " ".join(call.words)


@pytest.mark.parametrize("path", ["/usr/bin/composer", "composer/__main__.py", "composer"])
def test_under_any_other_name_it_is_composer(path: str) -> None:
    assert spelled(path, "-p x up -d") == (COMPOSER, "-p x up -d")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("up -d", "up -d"),
        ("-f a.yaml --verbose up", "-f a.yaml --verbose up"),
        ("-H unix:///compose ps", "-H unix:///compose ps"),
        ("exec compose compose", "exec compose compose"),
        ("-p compose ps", "-p compose ps"),
        ("-f compose --profile compose up", "-f compose --profile compose up"),
        ("--tls --project-name compose up", "--tls --project-name compose up"),
        ("help up", "help up"),
        ("", ""),
        ("-v", "-v"),
    ],
)
def test_the_standalone_spelling_has_its_words_as_they_are(line: str, words: str) -> None:
    assert spelled("/usr/local/bin/docker-compose", line) == (STANDALONE, words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("compose up -d", "up -d"),
        ("--context far -D compose -p x up", "--context far -D -p x up"),
        ("-H tcp://x --tlscacert ca -l debug compose ps", "-H tcp://x --tlscacert ca -l debug ps"),
        ("--context compose compose ps", "--context compose ps"),
        ("-cfar -Htcp://x -ldebug compose ps", "-cfar -Htcp://x -ldebug ps"),
        ("--tls=false compose -p compose ps", "--tls=false -p compose ps"),
        ("--context=compose --tlsverify compose ps", "--context=compose --tlsverify ps"),
        ("compose exec compose compose", "exec compose compose"),
        ("help compose up", "help up"),
        ("__complete compose up ser", "__complete up ser"),
        ("compose", ""),
    ],
)
def test_the_docker_program_puts_its_flags_and_our_name_in_front(line: str, words: str) -> None:
    assert spelled("/root/.docker/cli-plugins/docker-compose", line) == (PLUGIN, words)


@pytest.mark.parametrize("program", [PLUGIN, STANDALONE])
def test_usage_lines_say_the_spelling(
    demo: World, capsys: pytest.CaptureFixture[str], program: str
) -> None:
    dispatch(["up", "--help"], demo.session_type(), program)
    assert f"Usage:  {program} up [OPTIONS] [SERVICE...]" in capsys.readouterr().out

    dispatch(["--help"], demo.session_type(), program)
    shown = capsys.readouterr().out
    assert f"Usage:  {program} [OPTIONS] COMMAND" in shown
    assert f"'{program} COMMAND --help'" in shown


@pytest.mark.parametrize("program", [PLUGIN, STANDALONE])
def test_an_unknown_command_is_told_as_docker_compose_does_and_with_the_nearest_one(
    demo: World, capsys: pytest.CaptureFixture[str], program: str
) -> None:
    assert dispatch(["upp"], demo.session_type(), program) == 1

    captured = capsys.readouterr()
    assert captured.out.startswith(f"Usage:  {program} [OPTIONS] COMMAND")
    assert captured.err == (
        "error: unknown docker command: \"compose upp\"\n   = help: did you mean 'up'?\n"
    )


@pytest.mark.parametrize("program", [COMPOSER, PLUGIN, STANDALONE])
def test_hints_name_commands_in_the_users_spelling(
    demo: World, capsys: pytest.CaptureFixture[str], program: str
) -> None:
    assert dispatch(["start"], demo.session_type(), program) == 1
    assert f"'{program} up' makes one" in capsys.readouterr().err
    assert dispatch(["--progress", "json", "start"], demo.session_type(), program) == 1
    assert f"'{program} up' makes one" in capsys.readouterr().err

    assert dispatch(["up", "-f", "x"], demo.session_type(), program) == 1
    assert f"before the command: {program} -f … up" in capsys.readouterr().err


def test_only_the_help_of_a_problem_is_ours_to_spell() -> None:
    problem = Problem("no such file: composer up", help="'composer --help' says more of composers")

    assert respelled(problem, PLUGIN) == Problem(
        "no such file: composer up", help="'docker compose --help' says more of composers"
    )
    assert respelled(problem, COMPOSER) == problem


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("version", "Docker Compose version v2.40.3+composer\n"),
        ("-v", "Docker Compose version v2.40.3+composer\n"),
        ("--ansi never -v --short", "2.40.3\n"),
        ("--version --format json", '{"version":"v2.40.3"}\n'),
        ("version --short", "2.40.3\n"),
        ("version -f json", '{"version":"v2.40.3"}\n'),
    ],
)
def test_by_the_names_of_docker_compose_the_version_is_the_one_that_scripts_compare(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, said: str
) -> None:
    assert dispatch(argv.split(), demo.session_type(), STANDALONE) == 0
    assert capsys.readouterr().out == said
