"""`composer help`: commands, topics, and manual pages."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from composer.cli import main, man, topics
from composer.cli.main import dispatch
from composer.cli.spelling import PLUGIN, STANDALONE
from composer.cli.topics import TOPICS, text_of
from composer.render.gotemplate.functions import NAMES
from support.session import World

FOLDER = Path(topics.__file__).parent


def test_every_topic_has_a_text_and_every_text_a_topic() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_short_and_fits_a_terminal(topic: str) -> None:
    lines = text_of(topic).splitlines()

    assert lines[0].lower().replace(" ", "-") == topic
    assert len(lines) <= 48
    assert [line for line in lines if len(line) > 90 or line != line.rstrip()] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_commands_that_a_topic_shows_can_be_parsed(topic: str) -> None:
    """Examples are indented and begin with our name; what stands far to the right explains them."""
    for line in text_of(topic).splitlines():
        if not (example := re.match(r"    composer (.+?)(?:   .*| ….*|)$", line)):
            continue
        words = [word.strip("'") for word in example[1].split()]
        while words[0].startswith("-"):
            words = words[2:]
        main.parser_of(words[0]).parse(words[1:])


def test_every_variable_that_is_looked_at_is_explained() -> None:
    sources = "".join(path.read_text() for path in FOLDER.parent.parent.rglob("*.py"))
    looked_at = set(re.findall(r"\b(?:COMPOSE|DOCKER|BUILDX|BUILDKIT)_[A-Z_]+[A-Z]\b", sources))

    assert looked_at - set(re.findall(r"[A-Z_]+", text_of("environment"))) == NOT_FOR_USERS


NOT_FOR_USERS = {
    "BUILDX_BAKE_ENTITLEMENTS_FS",
    "COMPOSE_VERSION",
    "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND",
    "DOCKER_CLI_PLUGIN_SOCKET",
}
"""What programs tell each other, and a name of ours."""


def test_a_topic_is_shown(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("help", "exit-codes") == 0

    assert capsys.readouterr().out == text_of("exit-codes")


def test_what_is_a_command_and_a_topic_is_shown_as_both(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("help", "plan") == 0

    out = capsys.readouterr().out
    assert out.startswith("Usage:  composer plan ")
    assert out.endswith("\n\n" + text_of("plan"))


def test_help_names_the_nearest_of_commands_and_topics(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("help", "varables") == 1

    assert capsys.readouterr().err == (
        "error: no help on 'varables': neither a command nor a topic\n"
        "   = help: did you mean 'variables'?\n"
    )


def test_help_says_which_topics_there_are(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("help", "--help") == 0

    out = " ".join(capsys.readouterr().out.split())
    for topic, summary in TOPICS.items():
        assert f"{topic} {summary}" in out


def test_a_manual_page_has_every_flag_that_help_shows(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("help", "--man", "up") == 0

    page = capsys.readouterr().out
    assert page.startswith('.TH "COMPOSER-UP" 1 ')
    assert "composer\\-up \\- create and start containers" in page
    shown = page.replace("\\-", "-")
    for flag in main.parser_of("up").flags:
        if flag.help != main.SUPPRESS:
            assert f"\\fB{flag.name}\\fR" in shown


def test_manual_pages_are_written_for_all_commands_groups_and_topics(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("help", "--man-pages", "man") == 0

    written = {path.name for path in (demo.directory / "man").iterdir()}
    assert written == set(man.pages())
    assert {"composer.1", "composer-up.1", "composer-alpha.1", "composer-files.7"} <= written
    assert len(written) == 1 + len({*main.COMMANDS, *filter(main.is_group, main.GROUPS)}) + len(
        TOPICS
    )


def test_manual_pages_are_sound_roff(tmp_path: Path) -> None:
    man.write_pages(str(tmp_path))

    for path in tmp_path.iterdir():
        text = path.read_text()
        assert text.isascii(), path
        for line in text.splitlines():
            assert not line.startswith(".") or line.split()[0] in _REQUESTS, line
            assert not line.startswith("'"), line
    if program := shutil.which("groff"):
        command = [program, "-man", "-ww", "-z", *map(str, tmp_path.iterdir())]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""


_REQUESTS = {".TH", ".SH", ".TP", ".B", ".BR", ".nf", ".fi"}


def test_a_folder_that_cannot_be_written_is_named(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("", "file")

    assert demo.run("help", "--man-pages", "file/man") == 1
    assert capsys.readouterr().err == "error: 'file/man': not a directory\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(
    demo: World, capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    assert demo.run("completion", shell) == 0
    assert "__complete " in capsys.readouterr().out

    assert demo.run("completion", shell, "--no-descriptions") == 0
    assert "__completeNoDesc " in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_the_name_that_is_typed(
    demo: World, capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    assert dispatch(["completion", shell], demo.session_type(), STANDALONE) == 0
    assert {"composer", "docker-compose"} & set(capsys.readouterr().out.split()) == {
        "docker-compose"
    }

    assert dispatch(["completion", shell], demo.session_type(), PLUGIN) == 1
    assert f"docker completion {shell}" in capsys.readouterr().err


def test_a_shell_without_completion_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("completion", "fsh") == 1

    assert "no completion for 'fsh'\n   = help: did you mean 'fish'?" in capsys.readouterr().err


def test_the_examples_of_formats_are_sound(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command line of the topic, as a shell would read it."""
    demo.run("up", "-d")
    lines = [line.split("composer ", 1)[1] for line in text_of("formats").splitlines()
             if line.startswith("    composer ")]  # fmt: skip

    assert len(lines) == 3
    for line in lines:
        assert demo.run(*shlex.split(line)) == 0, line


def test_the_actions_and_functions_of_formats_exist(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    text = text_of("formats")
    actions = [
        line.strip().partition("    ")[0] for line in text.splitlines() if line.startswith("    {{")
    ]
    listed = text.partition("Functions: ")[2].partition(".\n")[0].replace("\n", " ")

    for action in actions:
        assert demo.run("ps", "web", "--format", action) == 0, action
    assert set(listed.split(", ")) == NAMES


@pytest.mark.parametrize("argv", ["--help", "help help", "up --help"])
def test_help_is_no_wider_than_the_screen(
    demo: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: str
) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    assert demo.run(*argv.split()) == 0

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 72
