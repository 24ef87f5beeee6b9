"""bundle and unbundle, from one fake engine to another."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from support.engine import FakeEngine
from support.registries import fake_registry
from support.session import World

PROJECT = """
    services:
      web:
        image: nginx:alpine
        env_file: web.env
        configs: [{source: site, target: /etc/site}]
        secrets: [token]
        volumes: ["./static:/static", "/etc/hosts:/h", "data:/data"]
        environment: {KEY: "${KEY:?}", TAG: "${TAG:-1}"}
      app: {build: ., extends: {file: base/app.yaml, service: app}}
    configs: {site: {file: site.conf}}
    secrets: {token: {file: token}}
    volumes: {data: }
"""


@pytest.fixture
def project(demo: World) -> World:
    demo.write(PROJECT)
    for name in ("web.env", "site.conf", "token", "static/a/b.css", "static/c.js"):
        demo.write(f"{name}\n", name)
    demo.write("services: {app: {command: 'true'}}", "base/app.yaml")
    demo.write("KEY=value\n", ".env")
    return demo


def names(world: World, file: str = "demo.bundle.tar") -> set[str]:
    with tarfile.open(world.directory / file) as archive:
        return set(archive.getnames())


def move(world: World) -> FakeEngine:
    """Go to another machine, whose engine has nothing and reaches no registry."""
    world.engine = FakeEngine()
    world.engine.pullable.clear()
    return world.engine


def test_a_bundle_has_all_that_the_project_names_but_no_secrets(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("bundle", "--with-env") == 0

    assert names(project) == {
        *("project/compose.yaml", "project/base/app.yaml", "project/web.env", "project/.env"),
        *("project/site.conf", "project/static/a/b.css", "project/static/c.js"),
        *("images.tar", "env.template", "bundle.json", "bundle.json.sha256"),
    }
    said = capsys.readouterr().err
    assert "warning: ./token is not taken along" in said
    assert "warning: /etc/hosts is not taken along" in said
    assert "demo.bundle.tar: 7 files, 2 images, 0 volumes" in said


def test_variables_come_as_a_template(project: World) -> None:
    project.run("bundle", "--with-env")

    with tarfile.open(project.directory / "demo.bundle.tar") as archive:
        file = archive.extractfile("env.template")
        assert file is not None
        text = file.read().decode()
    assert "\n# needed\nKEY=\n" in text
    assert "\n# TAG=1\n" in text
    assert "value" not in text


def test_a_project_comes_up_on_a_machine_that_reaches_no_registry(project: World) -> None:
    project.run("bundle", "--with-env")
    engine = move(project)

    assert project.run("unbundle", "demo.bundle.tar", "-o", "there") == 0

    there = project.directory / "there"
    assert (there / "static/a/b.css").read_text() == "static/a/b.css\n"
    assert "COMPOSE_PROJECT_NAME=demo\n" in (there / ".env").read_text()
    (there / "token").write_text("t")
    assert project.run("--project-directory", str(there), "up", "-d", "--no-build") == 0
    assert sorted(live.name for live in engine.containers.values()) == ["demo-app-1", "demo-web-1"]


def test_the_values_of_variables_stay_here_unasked(demo: World) -> None:
    demo.write("include: [db/compose.yaml]\nservices: {web: {image: 'nginx:${TAG}'}}")
    demo.write("services: {db: {image: 'postgres:${V}'}}", "db/compose.yaml")
    demo.write("TAG=alpine\n", ".env")
    demo.write("V=16-alpine\n", "db/.env")

    assert demo.run("bundle") == 0
    assert {name for name in names(demo) if name.endswith(".env")} == set()
    assert demo.run("bundle", "--with-env") == 0
    values = {name for name in names(demo) if name.endswith(".env")}
    assert values == {"project/.env", "project/db/.env"}


WHOLE = """
    services:
      web:
        image: nginx:alpine
        volumes: [".:/app"]
        secrets: [db]
      idle: {image: nginx:alpine, profiles: [x], secrets: [off], env_file: off.env}
    secrets:
      db: {file: ./secrets}
      off: {file: ./idle}
"""


@pytest.fixture
def whole(demo: World) -> World:
    """A project that mounts its own directory, with all that should not leave the machine."""
    demo.write(WHOLE)
    for name in ("secrets/a/b", "idle", ".env", "sub/.env", ".env.production", "off.env", "app.py"):
        demo.write("A=1\n", name)
    (demo.directory / "link").symlink_to("secrets/a/b")
    return demo


def test_no_secret_goes_along_with_the_directory_that_it_lies_in(
    whole: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert whole.run("bundle", "--dry-run") == 0
    said = capsys.readouterr()
    assert said.out.split() == ["app.py", "compose.yaml"]
    assert "warning: ./.env.production is not taken along" in said.err

    assert whole.run("bundle", "--with-env", "--dry-run") == 0
    assert capsys.readouterr().out.split() == [
        ".env", ".env.production", "app.py", "compose.yaml", "off.env", "sub/.env"
    ]  # fmt: skip


def test_what_is_needed_and_secret_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: x, secrets: [a]}}\nsecrets: {a: {file: .}}\n")

    assert demo.run("bundle") == 1
    assert "./compose.yaml is needed, and is a secret or an env file too" in capsys.readouterr().err


def test_an_env_file_of_an_include_is_not_taken_along_unasked(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("include: [{path: db/c.yaml, env_file: db/vars}]\n")
    demo.write("services: {db: {image: 'postgres:${V}'}}", "db/c.yaml")
    demo.write("V=16-alpine\n", "db/vars")

    assert demo.run("bundle") == 1
    assert "an include reads an env file" in capsys.readouterr().err
    assert demo.run("bundle", "--with-env") == 0
    assert "project/db/vars" in names(demo)


def test_files_of_the_command_line_are_those_that_count(project: World) -> None:
    project.write("services: {web: {hostname: over}}", "ci/over.yaml")
    project.run("-f", "compose.yaml", "-f", "ci/over.yaml", "bundle", "--with-env", "-o", "b")
    move(project)

    project.run("unbundle", "b", "-o", "there", "--no-images")

    settings = (project.directory / "there/.env").read_text()
    assert "COMPOSE_FILE=compose.yaml:ci/over.yaml\n" in settings


def test_env_files_are_not_taken_along_unasked(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("bundle") == 1
    assert "service 'web' reads an env file" in capsys.readouterr().err
    assert not (project.directory / "demo.bundle.tar").exists()


def test_a_project_with_files_from_elsewhere_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(demo.directory / "cache"))
    with fake_registry() as registry:
        layer = registry.layer("me/far", "services: {far: {image: x}}", file="compose.yaml")
        registry.project("me/far", "v1", layer)
        reference = f"oci://{registry.host}/me/far:v1"
        demo.write(f"include: ['{reference}']")

        assert demo.run("bundle") == 1

    assert f"{reference}#compose.yaml is from elsewhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {a: {image: 'x@sha256:" + "0" * 64 + "'}}", "is named by its digest"),
        ("services: {a: {image: nginx:alpine, label_file: ../l}}", "does not lie in the directory"),
    ],
)
def test_what_would_not_work_there_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (demo.directory.parent / "l").write_text("a=b\n")
    demo.write(text)

    assert demo.run("bundle") == 1
    assert message in capsys.readouterr().err


def test_a_dry_run_lists_files_and_writes_none(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("bundle", "--with-env", "--dry-run") == 0
    assert "site.conf\n" in capsys.readouterr().out
    assert not (project.directory / "demo.bundle.tar").exists()


def test_a_bundle_can_be_checked_and_one_that_is_damaged_is_not_used(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("bundle", "--with-env")
    capsys.readouterr()
    assert project.run("unbundle", "--check", "demo.bundle.tar") == 0
    assert "  project/site.conf\n" in capsys.readouterr().out

    path = project.directory / "demo.bundle.tar"
    path.write_bytes(path.read_bytes().replace(b"site.conf\n", b"Site.conf\n"))
    engine = move(project)
    assert project.run("unbundle", "demo.bundle.tar", "-o", "there") == 1
    assert "is damaged: project/site.conf" in capsys.readouterr().err
    assert engine.images == {}
    assert not (project.directory / "there").exists()


def test_nothing_is_written_over(project: World, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("bundle", "--with-env")

    assert project.run("unbundle", "demo.bundle.tar", "-o", ".") == 1
    assert "has something in it already" in capsys.readouterr().err


def test_a_name_that_leads_out_is_not_trusted(
    project: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from composer.actions.bundle_file import writing
    from composer.model.bundle import Bundle

    with writing(str(tmp_path / "evil.tar")) as writer:
        writer.add("project/../../evil", [b"x"])
        writer.finish(Bundle(project="demo", compose_files=("compose.yaml",)))

    assert project.run("unbundle", str(tmp_path / "evil.tar"), "-o", "there") == 1
    assert "is damaged" in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()
