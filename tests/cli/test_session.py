from __future__ import annotations

import io

import pytest

from composer.cli.global_flags import GlobalOptions
from composer.cli.session import Session
from composer.errors import Problem, UsageError
from composer.model.plan import Loss
from support.session import World


def session(world: World, **options: object) -> Session:
    return Session(GlobalOptions(**options), {}, str(world.directory))  # type: ignore[arg-type]


def test_settings_may_stand_in_the_env_file(demo: World) -> None:
    demo.write("COMPOSE_PARALLEL_LIMIT=3\nCOMPOSE_PROGRESS=json\n", ".env")

    assert session(demo).parallel == 3
    assert session(demo).console.progress == "json"
    assert session(demo, parallel=7, progress="plain").parallel == 7


def test_progress_goes_to_stdout_for_those_who_ask(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("COMPOSE_STATUS_STDOUT=1\n", ".env")
    session(demo).console.say("hello")

    assert capsys.readouterr().out == "hello\n"


@pytest.mark.parametrize("limit", [-1, 0])
def test_a_limit_below_one_is_none(limit: int, demo: World) -> None:
    assert session(demo, parallel=limit).parallel is None

    demo.write(f"COMPOSE_PARALLEL_LIMIT={limit}\n", ".env")
    assert session(demo).parallel is None


def test_a_limit_that_is_no_number_is_refused(demo: World) -> None:
    demo.write("COMPOSE_PARALLEL_LIMIT=many\n", ".env")

    with pytest.raises(UsageError, match="COMPOSE_PARALLEL_LIMIT is 'many'"):
        _ = session(demo).parallel


def test_a_project_name_without_a_file_means_the_labels(demo: World) -> None:
    assert session(demo, project_name="other").known_project() is None
    known = session(demo, project_name="other", files=("compose.yaml",)).known_project()
    assert known is not None
    assert known.name == "other"


def test_a_name_in_the_environment_does_where_there_is_no_file(demo: World) -> None:
    (demo.directory / "compose.yaml").unlink()
    demo.write("COMPOSE_PROJECT_NAME=other\n", ".env")

    assert session(demo).known_project() is None
    assert session(demo).project_name == "other"


@pytest.mark.parametrize("command", ["ps", "down", "exec db ls"])
def test_who_has_no_file_is_told_that_a_name_would_do(
    demo: World, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (demo.directory / "compose.yaml").unlink()
    assert demo.run(*command.split()) == 1
    assert capsys.readouterr().err.endswith("or with -p a project that 'composer ls' lists\n")

    assert demo.run("-p", "No Name", *command.split()) == 1
    assert "composer ls" not in capsys.readouterr().err
    assert demo.run("up", "-d") == 1
    assert "composer ls" not in capsys.readouterr().err


def test_a_warning_is_told_once(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    made = session(demo)
    made.warn([Problem("careful", severity="warning")] * 2)

    assert capsys.readouterr().err == "warning: careful\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "assume_yes", "agreed"),
    [
        (Terminal("demo_data\n"), False, True),
        (Terminal("y\n"), False, False),
        (Terminal("\n"), False, False),
        (Terminal(""), False, False),
        (io.StringIO("demo_data\n"), False, False),
        (None, False, False),
        (io.StringIO(""), True, True),
    ],
)
def test_data_is_destroyed_only_by_those_who_type_its_name_or_say_yes(
    demo: World,
    monkeypatch: pytest.MonkeyPatch,
    stdin: io.StringIO | None,
    assume_yes: bool,
    agreed: bool,
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    made = session(demo)
    made.assume_yes = assume_yes

    loss = Loss("demo_data", "volume configuration changed")
    assert made.confirm([loss]) == (frozenset(["demo_data"]) if agreed else frozenset())


def test_each_loss_is_asked_for(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("no\ndemo_b\n"))
    losses = [Loss("demo_a", "why"), Loss("demo_b", "why")]

    assert session(demo).confirm(losses) == {"demo_b"}
