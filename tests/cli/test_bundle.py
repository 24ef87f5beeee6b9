"""bundle and unbundle, from one fake engine to another."""

from __future__ import annotations

import json
import os
import signal
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from composer.actions.bundle_file import reading, writing
from composer.engine.port import Readable
from composer.errors import AnswerLost, EngineError
from composer.model.resources import VolumeSpec
from composer.record import replace
from support.engine import FakeEngine
from support.fake_archives import FakeArchive
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


def test_files_are_found_whatever_separates_them_in_the_env_file_that_comes_along(
    project: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("services: {web: {hostname: over}}", "ci/over.yaml")
    project.write("KEY=value\nCOMPOSE_PATH_SEPARATOR=,\n", ".env")
    project.run("-f", "compose.yaml", "-f", "ci/over.yaml", "bundle", "--with-env", "-o", "b")
    move(project)
    project.run("unbundle", "b", "-o", "there", "--no-images")

    assert inside(project, monkeypatch).run("config", "--quiet") == 0


def test_what_env_says_of_name_and_files_counts_only_if_it_is_what_was_bundled(
    demo: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {own: {image: 'nginx:alpine'}}", "own.yaml")
    demo.write("# COMPOSE_FILE=own.yaml\nCOMPOSE_PROJECT_NAME=other\nCOMPOSE_FILE=x.yaml", ".env")
    assert demo.run("-p", "demo", "-f", "own.yaml", "bundle", "--with-env", "-o", "b") == 0
    move(demo)
    assert demo.run("unbundle", "b", "-o", "there", "--no-images") == 0

    there = inside(demo, monkeypatch)
    capsys.readouterr()
    assert there.run("config", "--services") == 0
    assert there.run("config", "--format", "json") == 0
    out = capsys.readouterr().out
    assert out.startswith("own\n")
    assert '"name": "demo"' in out


def test_a_comment_in_env_is_no_setting(demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.write("services: {own: {image: 'nginx:alpine'}}", "own.yaml")
    demo.write("# COMPOSE_FILE=own.yaml\n# COMPOSE_PROJECT_NAME=demo\n", ".env")
    assert demo.run("-f", "own.yaml", "bundle", "--with-env", "-o", "b") == 0
    move(demo)
    assert demo.run("unbundle", "b", "-o", "there", "--no-images") == 0

    assert (
        (demo.directory / "there/.env")
        .read_text()
        .endswith("COMPOSE_PROJECT_NAME=demo\nCOMPOSE_PATH_SEPARATOR=:\nCOMPOSE_FILE=own.yaml\n")
    )
    assert inside(demo, monkeypatch).run("config", "--quiet") == 0


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


def test_what_would_not_work_there_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo.directory.parent / "l").write_text("a=b\n")
    demo.write("services: {a: {image: nginx:alpine, label_file: ../l}}")

    assert demo.run("bundle") == 1
    assert "does not lie in the directory" in capsys.readouterr().err


DIGESTED = """
    services:
      web:
        image: NGINX
        volumes: [{type: image, source: POSTGRES, target: "/d$$"}]
        pre_start: [{command: "true", image: POSTGRES, environment: {KEY: "${KEY}"}}]
      plain: {image: NGINX}
      tagged: {image: nginx:alpine}
"""


@pytest.fixture
def digested(demo: World) -> World:
    """A project that names images by their digests, wherever it can."""
    text = DIGESTED
    for word, ref in (("NGINX", "nginx:alpine"), ("POSTGRES", "postgres:16-alpine")):
        name = ref.partition(":")[0]
        text = text.replace(word, f"{name}@{demo.engine.registry_digest(ref)}")
    demo.write(text)
    demo.write("KEY=value\n", ".env")
    return demo


def short(world: World, ref: str) -> str:
    """Return the name under which an image arrives that was named by its digest."""
    digits = world.engine.registry_digest(ref).removeprefix("sha256:")[:12]
    return f"{ref.partition(':')[0]}:sha256-{digits}"


def inside(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return what was unpacked, on the engine where that was."""
    there = World(world.directory / "there", monkeypatch)
    there.engine = world.engine
    return there


def test_images_that_are_named_by_their_digests_arrive_under_names_of_their_own(
    digested: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web, mounted = short(digested, "nginx:alpine"), short(digested, "postgres:16-alpine")
    assert digested.run("bundle") == 0
    assert not [ref for ref in digested.engine.images if "bundle" in ref]
    engine = move(digested)

    assert digested.run("unbundle", "demo.bundle.tar", "-o", "there") == 0

    assert sorted(engine.images) == sorted([web, mounted, "nginx:alpine"])
    there = inside(digested, monkeypatch)
    assert "value" not in (there.directory / "compose.bundle.yaml").read_text()
    there.write(f"{(there.directory / '.env').read_text()}KEY=other\n", ".env")
    capsys.readouterr()
    assert there.run("config", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)["services"]["web"]
    [mount], [hook] = found["volumes"], found["pre_start"]
    assert (found["image"], found["pull_policy"], hook["image"]) == (web, "never", mounted)
    assert (mount["type"], mount["source"], mount["target"]) == ("image", mounted, "/d$$")
    assert hook["environment"] == {"KEY": "other"}


def test_whoever_has_the_images_otherwise_names_them_as_before(digested: World) -> None:
    digested.run("bundle")
    engine = move(digested)

    assert digested.run("unbundle", "demo.bundle.tar", "-o", "there", "--no-images") == 0

    there = digested.directory / "there"
    assert sorted(path.name for path in there.iterdir()) == [".env", "compose.yaml", "env.template"]
    assert "COMPOSE_FILE" not in (there / ".env").read_text()
    assert dict(engine.images) == {}


def test_files_that_env_names_stay_below_the_one_that_knows_the_images(
    digested: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (digested.directory / "compose.yaml").rename(digested.directory / "own.yaml")
    arrived = short(digested, "nginx:alpine")
    digested.write("services: {plain: {labels: [own=a]}}", "compose.bundle.yaml")
    digested.write("KEY=v\nCOMPOSE_FILE=own.yaml:compose.bundle.yaml\n", ".env")
    assert digested.run("bundle", "--with-env") == 0
    engine = move(digested)

    assert digested.run("unbundle", "demo.bundle.tar", "-o", "there") == 0

    env = (digested.directory / "there/.env").read_text()
    assert env.splitlines()[-1] == (
        "COMPOSE_FILE=own.yaml:compose.bundle.yaml:compose.bundle-2.yaml"
    )
    assert inside(digested, monkeypatch).run("up", "-d", "--no-deps", "plain") == 0
    live = engine.find("demo-plain-1").spec
    assert (live.config.image, live.config.labels["own"]) == (arrived, "a")


def test_a_bundle_takes_the_images_of_the_lock_file(
    demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.write("services: {web: {image: nginx:alpine}}")
    assert demo.run("lock") == 0
    locked = short(demo, "nginx:alpine")
    assert demo.run("up", "-d", "--locked") == 0
    demo.engine.publish("nginx:alpine", "newer")
    assert demo.run("bundle", "--locked") == 0
    engine = move(demo)

    assert demo.run("unbundle", "demo.bundle.tar", "-o", "there") == 0

    assert list(engine.images) == [locked]
    assert inside(demo, monkeypatch).run("up", "-d") == 0
    assert engine.find("demo-web-1").spec.config.image == locked


def test_a_bundle_takes_no_name_from_an_image_that_is_there(
    digested: World, capsys: pytest.CaptureFixture[str]
) -> None:
    digested.run("bundle")
    path = str(digested.directory / "demo.bundle.tar")
    with reading(path) as reader:
        made = reader.verify()
        theirs = tuple(replace(one, carried="nginx:alpine") for one in made.renamed)
        with writing(path) as writer:
            for member in made.members:
                writer.add(member.name, reader.content(member.name), member.mode)
            writer.finish(replace(made, renamed=theirs))

    assert digested.run("unbundle", path, "-o", "there") == 1
    assert "has a project or compose files with names that lead elsewhere" in (
        capsys.readouterr().err
    )
    assert not (digested.directory / "there").exists()


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


DATA = """
    services:
      db: {image: postgres:16-alpine, volumes: ["data:/data", "more:/more"]}
      other: {image: nginx:alpine, volumes: ["data:/data"]}
    volumes:
      data: {driver_opts: {type: none, o: bind, device: /srv/data}}
      more:
"""


class Fragile(FakeEngine):
    """An engine on which calls end with an error, or Ctrl-C, when a test has said so.

    `before` is raised instead of a call, `after` once it was carried out; each once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, BaseException] = {}
        self.after: dict[str, BaseException] = {}

    def meet(self, when: dict[str, BaseException], call: str) -> None:
        if (error := when.pop(call, None)) is not None:
            raise error

    def write_archive(
        self,
        container: str,
        path: str,
        content: Readable,
        *,
        to_user: bool = False,
        replace: bool = False,
    ) -> None:
        super().write_archive(container, path, content, to_user=to_user, replace=replace)
        mounted = self.find(container).mounts[0].name
        self.meet(self.after, f"write {mounted}")

    def create_volume(self, spec: VolumeSpec) -> None:
        self.meet(self.before, f"create {spec.name}")
        super().create_volume(spec)

    def pause(self, container: str) -> None:
        self.meet(self.before, f"pause {container}")
        super().pause(container)
        self.meet(self.after, f"pause {container}")

    def unpause(self, container: str) -> None:
        self.meet(self.before, f"unpause {container}")
        super().unpause(container)


@pytest.fixture
def data(demo: World) -> World:
    """A project that is up and has data, in a bundle."""
    demo.engine = Fragile()
    for ref in ("nginx:alpine", "postgres:16-alpine"):
        demo.engine.publish(ref)
    demo.write(DATA)
    assert demo.run("up", "-d") == 0
    demo.engine.inside["demo_data"]["x"] = b"kept"
    demo.engine.inside["demo_more"]["y"] = b"more"
    assert demo.run("bundle", "--volumes") == 0
    return demo


def elsewhere(world: World) -> Fragile:
    engine = Fragile()
    world.engine = engine
    return engine


def test_what_is_in_volumes_goes_along(data: World) -> None:
    engine = elsewhere(data)

    assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 0

    assert engine.inside == {"demo_data": {"x": b"kept"}, "demo_more": {"y": b"more"}}
    assert engine.containers == {}


def test_data_that_lies_where_a_volume_keeps_it_is_not_written_over(
    data: World, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = elsewhere(data)
    engine.devices["/srv/data"] = {"x": b"live"}

    assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 1

    assert engine.devices["/srv/data"] == {"x": b"live"}
    assert engine.volumes == {}
    said = capsys.readouterr().err
    assert "volume demo_data has something in it already: that is what lies in /srv/data" in said
    assert not (data.directory / "there").exists()


def test_a_volume_of_a_driver_of_its_own_is_left_alone_if_there_is_something_in_it(
    data: World,
) -> None:
    data.write(DATA.replace("driver_opts: {", "driver: far, driver_opts: {"))
    source = data.engine
    source.volumes.clear()
    source.containers.clear()
    assert data.run("up", "-d") == 0
    assert data.run("bundle", "--volumes", "-o", "b") == 0
    engine = elsewhere(data)
    engine.devices["/srv/data"] = {"x": b"live"}

    assert data.run("unbundle", "b", "-o", "there") == 1
    assert list(engine.volumes) == ["demo_data"]  # its removal might remove what is in it


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EngineError("no space left")])
def test_a_half_written_volume_does_not_stay(data: World, error: BaseException) -> None:
    engine = elsewhere(data)
    engine.after["write demo_more"] = error

    try:
        assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 1
    except KeyboardInterrupt:
        assert isinstance(error, KeyboardInterrupt)

    assert engine.volumes == {}
    assert engine.containers == {}
    assert not (data.directory / "there").exists()
    engine.devices.clear()
    assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 0
    assert engine.inside["demo_more"] == {"y": b"more"}


def test_a_volume_that_somebody_makes_meanwhile_is_theirs(data: World) -> None:
    engine = elsewhere(data)

    def made_by_others() -> None:
        engine.create_volume(VolumeSpec(key="more", name="demo_more", driver="far"))
        engine.inside["demo_more"]["y"] = b"theirs"

    load, engine.load_images = engine.load_images, lambda content: (  # type: ignore[method-assign]
        load(content), made_by_others()
    )[0]  # fmt: skip

    assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 1
    assert list(engine.volumes) == ["demo_more"]
    assert engine.inside["demo_more"] == {"y": b"theirs"}


def test_files_that_cannot_be_written_take_volumes_with_them(data: World) -> None:
    engine = elsewhere(data)
    (data.directory / "there").symlink_to("nowhere")

    assert data.run("unbundle", "demo.bundle.tar", "-o", "there") == 1
    assert engine.volumes == {}


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        (DATA, ["--no-images"], "what is in volumes needs an image to come out again"),
        ("services: {}\nvolumes: {data: }", [], "what is in volumes needs an image"),
    ],
)
def test_volumes_without_an_image_are_refused(
    demo: World, capsys: pytest.CaptureFixture[str], text: str, flags: list[str], message: str
) -> None:
    demo.write(text)

    assert demo.run("bundle", "--volumes", *flags) == 1
    assert message in capsys.readouterr().err
    assert not (demo.directory / "demo.bundle.tar").exists()


def test_volumes_are_refused_where_no_image_is(
    data: World, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = elsewhere(data)

    assert data.run("unbundle", "demo.bundle.tar", "-o", "there", "--no-images") == 1
    assert "volumes are filled by way of an image" in capsys.readouterr().err
    assert engine.volumes == {}
    assert not (data.directory / "there").exists()

    engine.tag("nginx:alpine", "here")
    assert data.run("unbundle", "demo.bundle.tar", "-o", "there", "--no-images") == 0
    assert engine.inside["demo_data"] == {"x": b"kept"}


def test_a_template_of_the_project_itself_is_the_one_that_counts(demo: World) -> None:
    demo.write("services: {web: {image: nginx:alpine, volumes: ['.:/app']}}")
    demo.write("ITS=own\n", "env.template")
    assert demo.run("bundle") == 0
    move(demo)

    assert demo.run("unbundle", "demo.bundle.tar", "-o", "there") == 0
    assert (demo.directory / "there/env.template").read_text() == "ITS=own\n"


@pytest.mark.parametrize(
    "troubles",
    [
        {"after": {"pause demo-other-1": KeyboardInterrupt()}},
        {"after": {"pause demo-db-1": AnswerLost("gone")}},
        {"before": {"unpause demo-db-1": KeyboardInterrupt()}},
    ],
)
def test_nobody_stays_paused(data: World, troubles: dict[str, dict[str, BaseException]]) -> None:
    engine = data.engine
    assert isinstance(engine, Fragile)
    engine.before.update(troubles.get("before", {}))
    engine.after.update(troubles.get("after", {}))

    with suppress(KeyboardInterrupt):
        assert data.run("bundle", "--volumes", "-o", "again") == 1

    assert data.states == {"demo-db-1": "running", "demo-other-1": "running"}
    assert not (data.directory / "again").exists()


def test_who_cannot_go_on_is_named(data: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(data.engine, Fragile)
    data.engine.before["unpause demo-db-1"] = EngineError("cgroup is busy")

    assert data.run("bundle", "--volumes") == 1

    assert "perhaps still paused: demo-db-1 (cgroup is busy)" in capsys.readouterr().err
    assert data.states["demo-other-1"] == "running"


def test_who_was_paused_before_stays_so(data: World) -> None:
    assert data.run("pause", "db") == 0

    assert data.run("bundle", "--volumes") == 0
    assert data.states == {"demo-db-1": "paused", "demo-other-1": "running"}


def test_a_terminal_that_hangs_up_is_taken_for_ctrl_c(data: World) -> None:
    engine, read = data.engine, data.engine.read_archive

    def hang_up(container: str, path: str) -> FakeArchive:
        os.kill(os.getpid(), signal.SIGHUP)
        return read(container, path)

    engine.read_archive = hang_up  # type: ignore[method-assign]
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it may be ignored, by nohup
    try:
        with pytest.raises(KeyboardInterrupt):
            data.run("bundle", "--volumes")
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
    assert data.states == {"demo-db-1": "running", "demo-other-1": "running"}


@pytest.mark.parametrize(
    ("project", "compose_files"),
    [
        ("../evil", ("compose.yaml",)),
        ("{there}", ("compose.yaml",)),
        ("demo\nDOCKER_HOST=tcp://evil", ("compose.yaml",)),
        ("demo", ("a.yaml\nDOCKER_HOST=tcp://evil",)),
        ("demo", ("../a.yaml",)),
        ("demo", ("/etc/a.yaml",)),
        ("demo", ("a.yaml:/etc/a.yaml",)),
        ("demo", ()),
    ],
)
def test_names_in_the_manifest_are_not_trusted(
    demo: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    project: str,
    compose_files: tuple[str, ...],
) -> None:
    from composer.actions.bundle_file import writing
    from composer.model.bundle import Bundle

    path = str(tmp_path / "evil.tar")
    name = project.format(there=tmp_path / "evil")
    with writing(path) as writer:
        writer.add("project/compose.yaml", [b"services: {}"])
        writer.finish(Bundle(project=name, compose_files=compose_files))

    assert demo.run("unbundle", path) == 1
    assert "with names that lead elsewhere" in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()
    assert not (demo.directory / "demo").exists()


def test_a_compose_file_that_cannot_be_listed_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: nginx:alpine}}", "a:b.yaml")

    assert demo.run("-f", "a:b.yaml", "bundle") == 1
    assert "cannot be named in COMPOSE_FILE" in capsys.readouterr().err
