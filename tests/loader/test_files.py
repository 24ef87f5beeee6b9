"""Which files make the project, and what reading them may meet."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader import files
from composer.loader.files import absolute, find, is_remote, read, shorter_name
from composer.model.options import LoadOptions


def touch(directory: Path, *names: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / name).write_text("services: {}\n")


def refused(path: str, **options: str) -> Problem:
    with pytest.raises(InvalidProject) as caught:
        read(path, **options)
    [problem] = caught.value.problems
    return problem


# --- finding


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["compose.yaml"], "compose.yaml"),
        (["docker-compose.yaml", "docker-compose.yml"], "docker-compose.yml"),
        (["docker-compose.yml", "compose.yml"], "compose.yml"),
        (["compose.yml", "compose.yaml"], "compose.yaml"),
    ],
)
def test_the_first_of_four_names_is_used(tmp_path: Path, names: list[str], found: str):
    touch(tmp_path, *names)
    assert find(LoadOptions(working_directory=str(tmp_path)), {}).paths == (str(tmp_path / found),)


def test_several_names_are_a_warning(tmp_path: Path):
    touch(tmp_path, "compose.yaml", "docker-compose.yml")
    [warning] = find(LoadOptions(working_directory=str(tmp_path)), {}).warnings
    assert warning.severity == "warning"
    assert (
        warning.message
        == f"several compose files in {str(tmp_path)!r}: compose.yaml, docker-compose.yml"
    )
    assert warning.help == "compose.yaml is used; remove the others, or choose with -f"


def test_parents_are_searched_and_make_the_project_directory(tmp_path: Path):
    touch(tmp_path, "compose.yaml")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = find(LoadOptions(working_directory=str(below)), {})
    assert (found.paths, found.project_directory) == (
        (str(tmp_path / "compose.yaml"),),
        str(tmp_path),
    )


def test_an_override_file_beside_it_follows(tmp_path: Path):
    touch(tmp_path, "compose.yaml", "docker-compose.override.yml", "compose.override.yaml")
    found = find(LoadOptions(working_directory=str(tmp_path)), {})
    assert [Path(path).name for path in found.paths] == ["compose.yaml", "compose.override.yaml"]
    assert [warning.message.partition(" in ")[0] for warning in found.warnings] == [
        "several override files"
    ]


def test_nothing_found_names_the_four_names(tmp_path: Path):
    with pytest.raises(InvalidProject) as caught:
        find(LoadOptions(working_directory=str(tmp_path)), {})
    [problem] = caught.value.problems
    assert problem.message == f"no compose file found in {str(tmp_path)!r} or any parent directory"
    assert problem.help == (
        "create one of compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml, "
        "or name a file with -f"
    )


def test_a_project_directory_that_is_not_there_is_told_as_such(tmp_path: Path):
    directory = str(tmp_path / "none")
    with pytest.raises(InvalidProject) as caught:
        find(LoadOptions(working_directory=str(tmp_path), project_directory=directory), {})
    [problem] = caught.value.problems
    assert problem.help == "there is no such directory: correct --project-directory"


def test_who_names_a_file_that_is_not_there_is_told_of_the_one_that_is(tmp_path: Path):
    touch(tmp_path, "docker-compose.yml")
    with pytest.raises(InvalidProject) as caught:
        read(str(tmp_path / "x.yaml"), relative_to=str(tmp_path))
    [problem] = caught.value.problems
    assert problem.help == "there is 'docker-compose.yml'"


def test_named_files_keep_their_order_and_get_no_override(tmp_path: Path):
    touch(tmp_path, "compose.yaml", "compose.override.yaml")
    options = LoadOptions(working_directory=str(tmp_path), files=("d/../b.yaml", "/x/a.yaml"))
    found = find(options, {"COMPOSE_FILE": "other.yaml"})
    assert found.paths == (str(tmp_path / "b.yaml"), "/x/a.yaml")
    assert found.project_directory == str(tmp_path)


def test_the_directory_of_the_first_file_is_the_project_directory():
    options = LoadOptions(working_directory="/w", files=("-", "d/c.yaml", "oci://x/y", "e/c.yaml"))
    found = find(options, {})
    assert found.paths == ("-", "/w/d/c.yaml", "oci://x/y", "/w/e/c.yaml")
    assert found.project_directory == "/w/d"


def test_a_remote_first_file_leaves_the_working_directory():
    options = LoadOptions(working_directory="/w", files=("-", "oci://x/y", "d/c.yaml"))
    assert find(options, {}).project_directory == "/w"


def test_stdin_alone_leaves_the_working_directory():
    assert find(LoadOptions(working_directory="/w", files=("-",)), {}).project_directory == "/w"


def test_compose_file_is_a_list():
    found = find(LoadOptions(working_directory="/w"), {"COMPOSE_FILE": "a.yaml:d/b.yaml:"})
    assert found.paths == ("/w/a.yaml", "/w/d/b.yaml")


def test_compose_path_separator_separates_it():
    environment = {"COMPOSE_FILE": "a:1.yaml,b.yaml", "COMPOSE_PATH_SEPARATOR": ","}
    found = find(LoadOptions(working_directory="/w"), environment)
    assert found.paths == ("/w/a:1.yaml", "/w/b.yaml")


def test_the_search_begins_in_the_given_project_directory_and_keeps_it(tmp_path: Path):
    touch(tmp_path / "p", "compose.yaml")
    (tmp_path / "p" / "sub").mkdir()
    options = LoadOptions(working_directory=str(tmp_path), project_directory="p/sub")
    found = find(options, {})
    assert found.paths == (str(tmp_path / "p" / "compose.yaml"),)
    assert found.project_directory == str(tmp_path / "p" / "sub")


# --- reading


def test_a_file_is_named_relative_to_the_working_directory_when_that_is_shorter(tmp_path: Path):
    touch(tmp_path / "d", "compose.yaml")
    path = str(tmp_path / "d" / "compose.yaml")
    assert read(path, relative_to=str(tmp_path)).name == "d/compose.yaml"
    assert shorter_name("/a", "/very/far/below") == "/a"


@pytest.mark.parametrize(
    "content",
    [
        "a: é\r\n".encode(),
        "a: é\r\n".encode("utf-8-sig"),
        "a: é\r\n".encode("utf-16"),
        b"\xfe\xff" + "a: é\r\n".encode("utf-16-be"),
        "a: é\r\n".encode("utf-32"),
    ],
)
def test_texts_are_read_whatever_unicode_they_are_in(tmp_path: Path, content: bytes):
    (tmp_path / "c.yaml").write_bytes(content)
    assert read(str(tmp_path / "c.yaml")).text == "a: é\r\n"


def test_stdin_is_read_as_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("é".encode()), "ascii"))
    file = read("-")
    assert (file.name, file.text) == ("stdin", "é")


def test_the_null_device_is_an_empty_file():
    assert read(os.devnull).text == ""


def test_a_pipe_of_the_shell_is_as_good_as_a_file():
    reading, writing = os.pipe()
    os.write(writing, b"a: 1")
    os.close(writing)
    try:
        assert read(f"/dev/fd/{reading}").text == "a: 1"
    finally:
        os.close(reading)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path):
    touch(tmp_path, "compose.yaml")
    problem = refused(str(tmp_path / "compse.yaml"), relative_to=str(tmp_path))
    assert problem == Problem(
        "file 'compse.yaml' does not exist", help="did you mean 'compose.yaml'?"
    )


def test_a_missing_directory_is_a_missing_file():
    assert refused("/no/such/c.yaml").message == "file '/no/such/c.yaml' does not exist"


def test_a_file_below_a_file_is_missing(tmp_path: Path):
    touch(tmp_path, "c.yaml")
    assert "does not exist" in refused(str(tmp_path / "c.yaml" / "d.yaml")).message


def test_a_directory_is_refused_and_the_file_in_it_named(tmp_path: Path):
    touch(tmp_path / "d", "compose.yaml")
    problem = refused(str(tmp_path / "d"), relative_to=str(tmp_path))
    assert problem.message == "'d' is a directory, not a file"
    assert problem.help == "name the file in it: d/compose.yaml"


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    problem = refused(str(tmp_path / "pipe"), relative_to=str(tmp_path))
    assert problem.message == "'pipe' is not a regular file"


def test_a_device_is_refused():
    assert refused("/dev/zero").message == "'/dev/zero' is not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_why(tmp_path: Path):
    touch(tmp_path, "c.yaml")
    (tmp_path / "c.yaml").chmod(0)
    problem = refused(str(tmp_path / "c.yaml"), relative_to=str(tmp_path))
    assert problem.message == "file 'c.yaml' cannot be read: permission denied"


def test_a_circle_of_links_says_why(tmp_path: Path):
    (tmp_path / "a").symlink_to("a")
    problem = refused(str(tmp_path / "a"), relative_to=str(tmp_path))
    assert problem.message.startswith("file 'a' cannot be read: too many levels of symbolic links")


def test_a_path_with_a_nul_is_refused():
    assert "cannot be read" in refused("a\0b").message


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "LARGEST", 1024 * 1024)
    (tmp_path / "c.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    problem = refused(str(tmp_path / "c.yaml"), relative_to=str(tmp_path))
    assert problem.message == "file 'c.yaml' is larger than 1 MB"


def test_a_byte_that_is_not_utf_8_is_located(tmp_path: Path):
    (tmp_path / "c.yaml").write_bytes("a: é\nb: é".encode() + b"\xff\nc: 1\n")
    problem = refused(str(tmp_path / "c.yaml"), relative_to=str(tmp_path))
    assert (problem.message, str(problem.mark)) == ("byte 0xff is not UTF-8", "c.yaml:2:5")
    assert problem.mark is not None
    assert problem.mark.file.line(2) == "b: é\\xff"


def test_a_nul_byte_is_located(tmp_path: Path):
    (tmp_path / "c.yaml").write_bytes("a: 1\nb".encode("utf-16-le"))
    problem = refused(str(tmp_path / "c.yaml"), relative_to=str(tmp_path))
    assert (problem.message, str(problem.mark)) == ("a NUL byte is not text", "c.yaml:1:2")
    assert "UTF-16" in (problem.help or "")


def test_half_a_character_of_utf_16_is_refused(tmp_path: Path):
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfea")
    problem = refused(str(tmp_path / "c.yaml"), relative_to=str(tmp_path))
    assert problem.message == "file 'c.yaml' begins like UTF-16 but is not"


# --- references


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("https://host/a.git#main", True),
        ("git@host:a.git", True),
        ("oci://host/a", True),
        ("github.com/org/repo", True),
        ("./github.com/org/repo", False),
        ("ftp://host/a.git", False),
        ("host:a.git", False),
        ("a@b.yaml", False),
        ("/tmp/a@b", False),
    ],
)
def test_a_reference_is_no_path(text: str, remote: bool) -> None:
    assert is_remote(text) is remote
    assert (absolute(text, "/w") == text) is (remote or text.startswith("/"))


@pytest.mark.parametrize(
    ("listed", "separator", "found"),
    [
        ("https://host:8/x.git#v1:a", None, ["https://host:8/x.git#v1:a"]),
        ("/a.yaml:git@host:x.git#v1:a", None, ["/a.yaml", "git@host:x.git#v1:a"]),
        ("oci://h:5/x:v1,/a.yaml", ",", ["oci://h:5/x:v1", "/a.yaml"]),
    ],
)
def test_the_colons_of_a_reference_do_not_separate(
    listed: str, separator: str | None, found: list[str]
) -> None:
    environment = {
        "COMPOSE_FILE": listed,
        **({"COMPOSE_PATH_SEPARATOR": separator} if separator else {}),
    }
    assert list(find(LoadOptions(working_directory="/w"), environment).paths) == found
