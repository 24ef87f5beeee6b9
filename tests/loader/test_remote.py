"""Files from elsewhere in a project.  What fetches them is a directory beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import FetchFailed, InvalidProject
from composer.loader.origins import load_with_origins
from composer.loader.pipeline import Loaded, load, project_name
from composer.model.options import LoadOptions
from composer.model.reference import Fetched, GitReference, parse
from support.loading import write
from support.problems import assert_problems

APP = "https://host/x.git#main:app"


class Elsewhere:
    """A repository without git: its files are in the directory `fetched`, whatever the revision."""

    def __init__(self, directory: Path) -> None:
        self.here = directory / "here"
        self.root = directory / "fetched"
        self.here.mkdir()
        self.root.mkdir()

    def write(self, name: str, text: str) -> None:
        write(self.root, name, text)

    def fetch(self, text: str) -> Fetched:
        reference = parse(text)
        assert isinstance(reference, GitReference)
        if "nowhere" in text:
            raise FetchFailed("host 'nowhere' is not known", help="look again")
        return Fetched(
            name=f"{reference.shown}#{reference.revision}",
            directory=str(self.root),
            path=reference.path,
            prefix=f"{reference.shown}#{reference.revision}:",
        )

    def options(self, *files: str, **choices: object) -> LoadOptions:
        return LoadOptions(
            working_directory=str(self.here),
            files=files,
            fetch=self.fetch,
            **choices,  # type: ignore[arg-type]
        )

    def load(self, *files: str, **choices: object) -> Loaded:
        return load(self.options(*files, **choices))

    def refused(self, *files: str, expected: str) -> None:
        with pytest.raises(InvalidProject) as caught:
            self.load(*files)
        assert_problems(caught.value.problems, expected)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path)


def bind(loaded: Loaded, service: str) -> list[str | None]:
    return [mount.source for mount in loaded.project.services[service].volumes]


# --- the project's own files


def test_relative_paths_of_a_remote_file_begin_at_its_directory(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x, volumes: ['./c:/c', '../d:/d']}}")

    loaded = elsewhere.load(APP)
    assert bind(loaded, "a") == [f"{elsewhere.root}/app/c", f"{elsewhere.root}/d"]
    assert loaded.project.directory == f"{elsewhere.root}/app"
    assert loaded.project.files == (f"{elsewhere.root}/app/compose.yaml",)


def test_with_a_remote_file_local_paths_begin_there_too(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x}}")
    write(elsewhere.here, "sub/over.yaml", "services: {a: {volumes: ['./l:/l']}}")

    for files in ((APP, "sub/over.yaml"), ("sub/over.yaml", APP)):
        assert bind(elsewhere.load(*files), "a") == [f"{elsewhere.root}/app/l"]


def test_name_and_env_file_are_those_of_the_first_file_if_it_is_local(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: 'x:${TAG}'}}")
    elsewhere.write("app/.env", "TAG=fetched")
    write(elsewhere.here, ".env", "TAG=here")
    write(elsewhere.here, "sub/.env", "TAG=sub")
    write(elsewhere.here, "sub/over.yaml", "services: {a: {tty: true}}")

    found = {
        files[0]: (loaded.project.name, loaded.project.services["a"].image)
        for files in ((APP,), ("sub/over.yaml", APP))
        for loaded in [elsewhere.load(*files)]
    }
    assert found == {APP: ("here", "x:here"), "sub/over.yaml": ("sub", "x:sub")}


def test_the_name_in_a_remote_file_counts(elsewhere: Elsewhere) -> None:
    elsewhere.write("compose.yaml", "name: theirs\nservices: {a: {image: x}}")

    assert project_name(elsewhere.options("https://host/x.git")) == "theirs"


def test_a_reference_may_name_a_file_or_a_directory(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/docker-compose.yml", "services: {a: {image: x}}")
    elsewhere.write("app/compose.override.yml", "services: {a: {image: over}}")
    elsewhere.write("app/other.yaml", "services: {b: {image: x}}")

    assert elsewhere.load(APP).project.services["a"].image == "x"
    assert list(elsewhere.load(f"{APP}/other.yaml").project.services) == ["b"]
    assert list(elsewhere.load(f"{APP}/../app/.//other.yaml").project.services) == ["b"]


def test_problems_have_the_reference_for_their_file(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services:\n  a:\n    image: x\n    prots: []")

    elsewhere.refused(
        APP,
        expected="""
            error: unknown key 'prots' in service 'a'
              --> https://host/x.git#main:app/compose.yaml:4:5
               |
             4 |     prots: []
               |     ^^^^^
               = help: did you mean 'ports'?
        """,
    )


def test_problems_of_env_files_have_the_reference_too(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x, env_file: a.env}}")
    elsewhere.write("app/a.env", "A=1\nB=${")

    with pytest.raises(InvalidProject) as caught:
        elsewhere.load(APP)
    [problem] = caught.value.problems
    assert str(problem.mark) == "https://host/x.git#main:app/a.env:2:3"


def test_values_of_env_files_come_from_the_reference(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x, env_file: a.env}}")
    elsewhere.write("app/a.env", "A=1")

    _, origins = load_with_origins(elsewhere.options(APP))
    [origin] = origins.of(("services", "a", "environment", "A"))
    assert str(origin) == "https://host/x.git#main:app/a.env:1:1"


def test_several_that_cannot_be_fetched_are_named_together(elsewhere: Elsewhere) -> None:
    elsewhere.refused(
        "https://nowhere/x.git",
        "https://nowhere/y.git",
        expected="""
            error: host 'nowhere' is not known
               = help: look again

            error: host 'nowhere' is not known
               = help: look again
        """,
    )


# --- what includes and extends them


def test_an_included_repository_is_a_project_of_its_own(elsewhere: Elsewhere) -> None:
    elsewhere.write(
        "app/compose.yaml",
        """
        include: [../other/compose.yaml]
        services:
          a: {image: "x:${TAG}", volumes: ["./c:/c"], extends: {file: ../base.yaml, service: b}}
        """,
    )
    elsewhere.write("app/.env", "TAG=fetched")
    elsewhere.write("other/compose.yaml", "services: {o: {image: x, volumes: ['./c:/c']}}")
    elsewhere.write("base.yaml", "services: {b: {image: x, volumes: ['./b:/b']}}")
    write(
        elsewhere.here,
        "compose.yaml",
        f"include: ['{APP}']\nservices: {{l: {{image: x, volumes: ['./l:/l']}}}}",
    )

    loaded = elsewhere.load()
    root = elsewhere.root
    assert loaded.project.services["a"].image == "x:fetched"
    assert bind(loaded, "a") == [f"{root}/b", f"{root}/app/c"]
    assert bind(loaded, "o") == [f"{root}/other/c"]
    assert bind(loaded, "l") == [f"{elsewhere.here}/l"]


def test_a_local_file_overrides_an_included_remote_one(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x, volumes: ['./c:/c']}}")
    write(elsewhere.here, "over.yaml", "services: {a: {image: over, volumes: ['./l:/l']}}")
    write(elsewhere.here, "compose.yaml", f"include: [{{path: ['{APP}', over.yaml]}}]")

    loaded = elsewhere.load()
    assert loaded.project.services["a"].image == "over"
    assert bind(loaded, "a") == [f"{elsewhere.root}/app/c", f"{elsewhere.root}/app/l"]


def test_a_project_directory_of_an_include_counts_for_a_remote_file(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: 'x:${TAG}', volumes: ['./c:/c']}}")
    write(elsewhere.here, "sub/.env", "TAG=sub")
    write(elsewhere.here, "compose.yaml", f"include: [{{path: '{APP}', project_directory: sub}}]")

    loaded = elsewhere.load()
    assert loaded.project.services["a"].image == "x:sub"
    assert bind(loaded, "a") == [f"{elsewhere.here}/sub/c"]


def test_a_service_is_extended_from_a_repository(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "services: {b: {image: x, volumes: ['./c:/c']}}")
    write(
        elsewhere.here,
        "compose.yaml",
        f"services: {{a: {{extends: {{file: '{APP}', service: b}}}}}}",
    )

    assert bind(elsewhere.load(), "a") == [f"{elsewhere.root}/app/c"]


def test_what_was_fetched_stays_absolute_where_paths_stay_relative(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "include: [../other/compose.yaml]")
    elsewhere.write("other/compose.yaml", "services: {o: {image: x, volumes: ['./c:/c']}}")
    elsewhere.write("base.yaml", "services: {b: {image: x, volumes: ['./b:/b']}}")
    base = "https://host/x.git#main:base.yaml"
    write(
        elsewhere.here,
        "compose.yaml",
        f"include: ['{APP}']\n"
        f"services: {{l: {{extends: {{file: '{base}', service: b}}, volumes: ['./l:/l']}}}}",
    )

    loaded = elsewhere.load(resolve_paths=False)
    assert bind(loaded, "o") == [f"{elsewhere.root}/other/c"]
    assert bind(loaded, "l") == [f"{elsewhere.root}/b", "./l"]


def test_what_cannot_be_fetched_is_marked_where_it_is_named(elsewhere: Elsewhere) -> None:
    write(
        elsewhere.here,
        "compose.yaml",
        """
        include:
          - https://nowhere/x.git
          - path: [other.yaml, "git@nowhere:y.git#v1"]
        """,
    )

    elsewhere.refused(
        expected="""
            error: host 'nowhere' is not known
              --> compose.yaml:2:5
               |
             2 |   - https://nowhere/x.git
               |     ^^^^^^^^^^^^^^^^^^^^^
               = help: look again

            error: host 'nowhere' is not known
              --> compose.yaml:3:24
               |
             3 |   - path: [other.yaml, "git@nowhere:y.git#v1"]
               |                        ^^^^^^^^^^^^^^^^^^^^^^
               = help: look again
        """
    )


def test_an_extended_file_that_cannot_be_fetched_is_marked(elsewhere: Elsewhere) -> None:
    write(
        elsewhere.here,
        "compose.yaml",
        "services:\n  a: {extends: {service: b, file: https://nowhere/x.git}}",
    )

    elsewhere.refused(
        expected="""
            error: host 'nowhere' is not known
              --> compose.yaml:2:35
               |
             2 |   a: {extends: {service: b, file: https://nowhere/x.git}}
               |                                   ^^^^^^^^^^^^^^^^^^^^^
               = help: look again
        """
    )


def test_repositories_that_include_each_other_are_a_circle(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/compose.yaml", "include: ['https://host/x.git#main']")
    elsewhere.write("compose.yaml", f"include: ['{APP}']")

    with pytest.raises(InvalidProject, match="include each other in a circle"):
        elsewhere.load(APP)


# --- nothing leads out of what was fetched


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("..", "path '..' leads out of https://host/x.git#main"),
        ("../../etc/passwd", "path '../../etc/passwd' leads out of https://host/x.git#main"),
        ("app/../../x", "path 'app/../../x' leads out of https://host/x.git#main"),
        ("/etc/passwd", "path '/etc/passwd' leads out of https://host/x.git#main"),
        (
            "app/link.yaml",
            "https://host/x.git#main:app/link.yaml is a link that leads out of "
            "https://host/x.git#main",
        ),
        ("up", "https://host/x.git#main:up is a link that leads out of https://host/x.git#main"),
        ("linked", "https://host/x.git#main:linked/compose.yaml is a link that leads out of"),
        ("apps", "there is no 'apps' in https://host/x.git#main"),
        ("empty", "no compose file in 'empty' in https://host/x.git#main"),
    ],
)
def test_a_path_stays_inside(elsewhere: Elsewhere, path: str, problem: str) -> None:
    elsewhere.write("app/compose.yaml", "services: {a: {image: x}}")
    elsewhere.write("empty/foo.yaml", "services: {a: {image: x}}")
    (elsewhere.root / "app" / "link.yaml").symlink_to("/etc/passwd")
    (elsewhere.root / "up").symlink_to("..")
    (elsewhere.root / "linked").mkdir()
    (elsewhere.root / "linked" / "compose.yaml").symlink_to("/etc/passwd")

    with pytest.raises(InvalidProject) as caught:
        elsewhere.load(f"https://host/x.git#main:{path}")
    [found] = caught.value.problems
    assert found.message.startswith(problem)


def test_what_is_missing_is_named_with_what_there_is(elsewhere: Elsewhere) -> None:
    elsewhere.write("app/foo.yaml", "services: {}")
    elsewhere.write("app/bar.yml", "services: {}")

    elsewhere.refused(
        APP,
        "https://host/x.git#main:apq",
        expected="""
            error: no compose file in 'app' in https://host/x.git#main
               = help: name the file; there are bar.yml, foo.yaml

            error: there is no 'apq' in https://host/x.git#main
               = help: did you mean 'app'?
        """,
    )


def test_a_link_within_the_repository_is_followed(elsewhere: Elsewhere) -> None:
    elsewhere.write("real/compose.yaml", "services: {a: {image: x}}")
    (elsewhere.root / "app").symlink_to("real")

    assert list(elsewhere.load(APP).project.services) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "include: [../../here/secret.yaml]",
        "include: [inner.yaml]",
        "services: {a: {extends: {file: ../../here/secret.yaml, service: s}}}",
        "services: {a: {extends: {file: inner.yaml, service: s}}}",
        "services: {a: {image: x, env_file: inner.yaml}}",
        "services: {a: {image: x, label_file: inner.yaml}}",
    ],
)
def test_files_that_a_fetched_one_names_stay_inside_too(elsewhere: Elsewhere, text: str) -> None:
    write(elsewhere.here, "secret.yaml", "services: {s: {image: secret}}")
    elsewhere.write("app/compose.yaml", text)
    (elsewhere.root / "app" / "inner.yaml").symlink_to(elsewhere.here / "secret.yaml")

    with pytest.raises(InvalidProject, match=r"leads out of https://host/x\.git#main"):
        elsewhere.load(APP)


def test_without_anything_that_fetches_a_reference_is_refused(tmp_path: Path) -> None:
    options = LoadOptions(working_directory=str(tmp_path), files=(APP,))

    with pytest.raises(InvalidProject, match="is not on this machine, and nothing is fetched here"):
        load(options)


def test_a_local_file_that_looks_like_a_reference_is_named_so(elsewhere: Elsewhere) -> None:
    write(elsewhere.here, "github.com/nowhere/compose.yaml", "services: {a: {image: x}}")

    elsewhere.refused(
        "github.com/nowhere/compose.yaml",
        expected="""
            error: host 'nowhere' is not known
               = help: for the file of that name, write ./github.com/nowhere/compose.yaml
        """,
    )
