"""Which variables a project sees: observed on Docker Compose 2.40."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from composer.errors import InvalidProject
from composer.loader.environment import Environment, collect
from composer.model.options import LoadOptions


def put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def gather(directory: Path, project: Path | None = None, **options: Any) -> Environment:
    found = LoadOptions(working_directory=str(directory), **options)
    return collect(found, str(project) if project else None)


def variables(directory: Path, project: Path | None = None, **options: Any) -> dict[str, str]:
    found = dict(gather(directory, project, **options).variables)
    found.pop("PWD")
    return found


def test_the_shell_and_the_working_directory_are_there(tmp_path: Path):
    found = gather(tmp_path, environment={"A": "1"})
    assert found == Environment({"A": "1", "PWD": str(tmp_path)}, ())


def test_pwd_of_the_shell_is_kept(tmp_path: Path):
    assert gather(tmp_path, environment={"PWD": "/link"}).variables["PWD"] == "/link"


def test_the_shell_wins_over_env_files(tmp_path: Path):
    put(tmp_path / ".env", "A=file\nB=$A\n")
    assert variables(tmp_path, environment={"A": "shell"}) == {"A": "shell", "B": "shell"}


def test_the_working_directory_wins_over_the_project_directory(tmp_path: Path):
    here, there = (
        put(tmp_path / "sub" / ".env", "A=here\n"),
        put(tmp_path / ".env", "A=there\nB=$A"),
    )
    found = gather(tmp_path / "sub", tmp_path)
    assert (found.variables["A"], found.variables["B"]) == ("here", "there")
    assert found.files == (here, there)


def test_one_directory_is_read_once(tmp_path: Path):
    path = put(tmp_path / ".env", "A=1")
    assert gather(tmp_path, tmp_path).files == (path,)


def test_a_file_given_with_f_moves_the_first_directory(tmp_path: Path):
    put(tmp_path / "sub" / ".env", "A=here\n")
    put(tmp_path / ".env", "A=there\n")
    assert variables(tmp_path / "sub", tmp_path, files=("../compose.yaml",)) == {"A": "there"}
    assert variables(tmp_path / "sub", files=("-",)) == {"A": "here"}


def test_a_given_project_directory_moves_it_too(tmp_path: Path):
    put(tmp_path / "sub" / ".env", "A=here\n")
    put(tmp_path / ".env", "A=there\n")
    assert variables(tmp_path / "sub", project_directory="..") == {"A": "there"}


def test_a_directory_called_env_is_not_read(tmp_path: Path):
    (tmp_path / ".env").mkdir()
    assert gather(tmp_path).files == ()


def test_of_several_env_files_the_later_wins_and_sees_the_earlier(tmp_path: Path):
    put(tmp_path / ".env", "D=default")
    put(tmp_path / "1.env", "A=1\nB=1\n")
    put(tmp_path / "2.env", "A=2\nC=$A$B\n")
    assert variables(tmp_path, env_files=("1.env", "2.env")) == {"A": "2", "B": "1", "C": "21"}


def test_compose_env_files_is_a_list(tmp_path: Path):
    paths = (put(tmp_path / "1.env", "A=1\n"), put(tmp_path / "d" / "2.env", "A=2\n"))
    found = gather(tmp_path, environment={"COMPOSE_ENV_FILES": "1.env,d/2.env"})
    assert (found.variables["A"], found.files) == ("2", paths)


def test_the_flag_wins_over_compose_env_files(tmp_path: Path):
    put(tmp_path / "1.env", "A=1\n")
    environment = {"COMPOSE_ENV_FILES": "missing.env"}
    assert variables(tmp_path, environment=environment, env_files=("1.env",))["A"] == "1"


def test_a_missing_env_file_is_an_error(tmp_path: Path):
    put(tmp_path / "prod.env", "")
    with pytest.raises(InvalidProject) as caught:
        gather(tmp_path, env_files=("prd.env", "/no/such.env"))
    assert [(problem.message, problem.help) for problem in caught.value.problems] == [
        ("couldn't find env file: prd.env", "did you mean 'prod.env'?"),
        ("couldn't find env file: /no/such.env", "there is no directory '/no'"),
    ]


def test_an_env_file_that_is_a_directory_is_an_error(tmp_path: Path):
    with pytest.raises(InvalidProject, match="is a directory, not a file"):
        gather(tmp_path / "x", env_files=(str(tmp_path),))


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes"])
def test_the_default_file_can_be_disabled(tmp_path: Path, word: str):
    put(tmp_path / ".env", "A=1\n")
    environment = {"COMPOSE_DISABLE_ENV_FILE": word}
    assert "A" not in variables(tmp_path, environment=environment)
    assert variables(tmp_path, environment=environment, env_files=(".env",))["A"] == "1"


@pytest.mark.parametrize("word", ["", "0", "false"])
def test_other_words_do_not_disable_it(tmp_path: Path, word: str):
    put(tmp_path / ".env", "A=1\n")
    assert variables(tmp_path, environment={"COMPOSE_DISABLE_ENV_FILE": word})["A"] == "1"


def test_a_broken_env_file_is_located(tmp_path: Path):
    put(tmp_path / ".env", "A=1\nB='x\n")
    with pytest.raises(InvalidProject) as caught:
        gather(tmp_path)
    assert [str(problem.mark) for problem in caught.value.problems] == [".env:2:3"]
