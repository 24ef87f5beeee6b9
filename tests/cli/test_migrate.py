"""composer migrate: what it prints, what it writes, and what leads people to it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from composer.actions.migrate import migrate_alone, write
from composer.errors import ComposerError
from composer.model.options import LoadOptions
from support.session import World

OLD = """\
web:
  image: nginx
  links: [db]
db:
  image: postgres
"""
NEW = """\
services:
  web:
    image: nginx
    links: [db]
  db:
    image: postgres
"""
DIFF = """\
--- docker-compose.yml
+++ docker-compose.yml
@@ -1,5 +1,6 @@
-web:
-  image: nginx
-  links: [db]
-db:
-  image: postgres
+services:
+  web:
+    image: nginx
+    links: [db]
+  db:
+    image: postgres
"""
LINKS = "note: links set no variables such as DB_PORT_… now: use the host name 'db'"
NETWORK = (
    "note: services share a network now and know each other by name; "
    "before they were on the engine's bridge network, where links did that"
)


@pytest.fixture
def old(demo: World) -> World:
    """A project in the format of 2014."""
    (demo.directory / "compose.yaml").unlink()
    demo.write(OLD, "docker-compose.yml")
    return demo


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: capsys.readouterr().err


def text(world: World, name: str = "docker-compose.yml") -> str:
    return (world.directory / name).read_text()


# What it prints


def test_the_diff_is_printed_and_nothing_written(
    old: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old.run("migrate") == 0

    printed = capsys.readouterr()
    assert printed.out == DIFF
    assert printed.err == (
        f"docker-compose.yml:3:3: {LINKS}\n"
        f"{NETWORK}\n"
        "docker-compose.yml: is in the format of 2014; nothing is written without --write\n"
    )
    assert text(old) == OLD
    assert os.listdir(old.directory) == ["docker-compose.yml"]


def test_the_diff_is_one_that_patch_takes(old: World, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("patch") is None:
        pytest.skip("no patch on this machine")
    content = "web:\r\n  image: x\r\n  volumes: ['a:/a']"
    (old.directory / "docker-compose.yml").write_bytes(content.encode())
    old.run("migrate")
    diff = capsys.readouterr().out

    subprocess.run(("patch", "-p0", "--binary", "-s"), input=diff.encode(), check=True)

    assert (old.directory / "docker-compose.yml").read_bytes() == (
        b"services:\r\n  web:\r\n    image: x\r\n    volumes: ['a:/a']\r\n\r\n"
        b"volumes:\r\n  a:\r\n    name: a"
    )


def test_the_diff_is_coloured_on_demand(old: World, capsys: pytest.CaptureFixture[str]) -> None:
    old.run("--ansi", "always", "migrate")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "\033[1m--- docker-compose.yml\033[0m"
    assert lines[2:4] == ["\033[36m@@ -1,5 +1,6 @@\033[0m", "\033[31m-web:\033[0m"]
    assert lines[-1] == "\033[32m+    image: postgres\033[0m"


def test_there_may_be_nothing_to_migrate(old: World, capsys: pytest.CaptureFixture[str]) -> None:
    old.write(NEW, "docker-compose.yml")

    assert old.run("migrate") == 0
    assert old.run("migrate", "--check") == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "docker-compose.yml: nothing to migrate\n" * 2


def test_check_exits_with_2_where_there_is_something_to_do(
    old: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old.run("migrate", "--check") == 2

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "docker-compose.yml: is in the format of 2014\n")
    assert text(old) == OLD


def test_notes_come_in_the_order_of_the_file(old: World, said: Callable[[], str]) -> None:
    old.write(
        "web:\n  image: x\n  volumes: ['a:/a', 'b/c:/d']\n  links: [db]\n"
        "db: {image: y, volumes_from: [other]}\n",
        "docker-compose.yml",
    )

    old.run("migrate")

    placed = [line for line in said().splitlines() if ": note: " in line]
    assert [line.split(":")[1] for line in placed] == ["3", "3", "4", "5"]


def test_standard_input_goes_to_standard_output(
    old: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for argv in (("migrate", "-"), ("-f", "-", "migrate")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OLD.encode())))

        assert old.run(*argv) == 0

        printed = capsys.readouterr()
        assert printed.out == NEW
        assert printed.err == f"stdin:3:3: {LINKS}\n{NETWORK}\n"


def test_a_name_that_was_another_in_the_first_compose_is_pointed_out(
    old: World, said: Callable[[], str]
) -> None:
    place = old.directory / "My-App"
    place.mkdir()
    (place / "docker-compose.yml").write_text(OLD)
    wanted = (
        "note: the first Compose called this project 'myapp', now it is 'my-app': to take its "
        "containers over, with the data in volumes without a name, add 'name: myapp'\n"
    )

    old.run("-f", "My-App/docker-compose.yml", "migrate")
    assert wanted in said()

    old.run("-p", "other", "-f", "My-App/docker-compose.yml", "migrate")
    assert wanted not in said()


# What it writes


def test_write_keeps_the_old_text_beside_the_new(old: World, said: Callable[[], str]) -> None:
    assert old.run("migrate", "--write") == 0

    assert text(old) == NEW
    assert text(old, "docker-compose.yml.orig") == OLD
    assert said().splitlines()[-1] == (
        "docker-compose.yml: written; the old text is in docker-compose.yml.orig"
    )
    assert sorted(os.listdir(old.directory)) == ["docker-compose.yml", "docker-compose.yml.orig"]


def test_a_backup_is_never_written_over(old: World) -> None:
    old.write("precious", "docker-compose.yml.orig")

    old.run("migrate", "--write")

    assert text(old, "docker-compose.yml.orig") == "precious"
    assert text(old, "docker-compose.yml.orig2") == OLD


def test_the_backup_can_be_left_out(old: World) -> None:
    assert old.run("migrate", "--write", "--no-backup") == 0

    assert text(old) == NEW
    assert os.listdir(old.directory) == ["docker-compose.yml"]


def test_a_written_file_keeps_its_mode_and_its_link(old: World) -> None:
    file = old.directory / "docker-compose.yml"
    file.rename(old.directory / "real.yml")
    (old.directory / "real.yml").chmod(0o640)
    file.symlink_to("real.yml")

    old.run("migrate", "--write")

    assert os.readlink(file) == "real.yml"
    assert text(old, "real.yml") == NEW
    assert (old.directory / "real.yml").stat().st_mode & 0o777 == 0o640
    assert text(old, "real.yml.orig") == OLD


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_written_file_keeps_its_encoding(old: World, encoding: str) -> None:
    file = old.directory / "docker-compose.yml"
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    file.write_bytes(f"{mark}# für uns\n{OLD}".encode(encoding))

    assert old.run("migrate", "--write") == 0

    assert file.read_bytes() == f"{mark}# für uns\n{NEW}".encode(encoding)


def test_a_dry_run_writes_nothing(old: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert old.run("--dry-run", "migrate", "--write") == 0
    assert old.run("migrate", "--write", "--dry-run") == 0

    assert capsys.readouterr().out == DIFF * 2
    assert text(old) == OLD


def test_a_directory_that_cannot_be_written_is_an_error(
    old: World, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)

    assert old.run("migrate", "--write", "--no-backup") == 1

    assert said().endswith("error: 'docker-compose.yml' cannot be written: permission denied\n")
    assert os.listdir(old.directory) == ["docker-compose.yml"]
    assert text(old) == OLD


def test_what_would_not_load_is_shown_at_its_place_and_not_written(
    old: World, said: Callable[[], str]
) -> None:
    old.write("# the app\nweb:\n  image: nginx\n  comand: x   # a typo\n", "docker-compose.yml")
    before = text(old)

    assert old.run("migrate", "--write") == 1

    assert text(old) == before
    assert said() == dedent(
        """\
        error: unknown key 'comand' in service 'web'
          --> docker-compose.yml:4:3
           |
         4 |   comand: x   # a typo
           |   ^^^^^^
           = help: did you mean 'command'?

        error: nothing is migrated: the result would not load
        """
    )


def test_what_is_wrong_with_a_new_line_is_shown_there(old: World, said: Callable[[], str]) -> None:
    old.write("web:\n  image: nginx\n  log_driver: 7\n", "docker-compose.yml")

    assert old.run("migrate") == 1

    assert " --> docker-compose.yml (migrated):5:15\n" in said()


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(old: World) -> None:
    [one] = migrate_alone("docker-compose.yml", LoadOptions(working_directory=".")).files
    old.write("web: {image: other}\n", "docker-compose.yml")

    with pytest.raises(ComposerError, match="was changed by somebody else just now"):
        write(one, backup=True)

    assert text(old) == "web: {image: other}\n"


def test_an_env_file_need_not_be_there(old: World) -> None:
    old.write("web: {image: x, env_file: gone.env}\n", "docker-compose.yml")

    assert old.run("migrate", "--write") == 0


def test_a_file_that_is_extended_must_be_there(old: World, said: Callable[[], str]) -> None:
    old.write("web: {extends: {file: gone.yml, service: x}}\n", "docker-compose.yml")

    assert old.run("migrate") == 1
    assert "error: file 'gone.yml' does not exist\n  --> docker-compose.yml:1:23\n" in said()


# Several files


def test_the_files_of_a_project_are_migrated_together(
    old: World, capsys: pytest.CaptureFixture[str]
) -> None:
    old.write(
        "web:\n  build: .\n  net: 'container:db'\n  volumes_from: [db]\n",
        "docker-compose.override.yml",
    )

    assert old.run("migrate", "--write", "--no-backup") == 0

    assert text(old) == NEW
    assert text(old, "docker-compose.override.yml") == dedent(
        """\
        services:
          web:
            build: .
            image: !reset null
            network_mode: 'service:db'
            volumes_from: [db]
        """
    )


def test_files_of_a_project_can_be_named(old: World) -> None:
    old.write("web:\n  ports: ['80:80']\n", "more.yml")

    assert old.run("-f", "docker-compose.yml", "-f", "more.yml", "migrate", "--write") == 0

    assert text(old) == NEW
    assert text(old, "more.yml") == "services:\n  web:\n    ports: ['80:80']\n"


def test_files_by_themselves_know_nothing_of_each_other(
    old: World, said: Callable[[], str]
) -> None:
    old.write("web:\n  volumes_from: [db]\n", "more.yml")

    assert old.run("migrate", "more.yml", "docker-compose.yml", "--write", "--no-backup") == 0

    assert text(old) == NEW
    assert text(old, "more.yml") == "services:\n  web:\n    volumes_from: ['container:db']\n"
    assert "more.yml:2:3: note: no service here is called 'db'" in said()


def test_an_old_file_that_is_extended_or_included_is_migrated_too(old: World) -> None:
    old.write("web:\n  extends: {file: common/base.yml, service: base}\n", "docker-compose.yml")
    old.write("base:\n  image: nginx\n", "common/base.yml")
    old.write("services:\n  api: {extends: {file: common/base.yml, service: base}}\n", "modern.yml")
    old.write("include: [common/base.yml]\n", "includes.yml")

    for name in ("docker-compose.yml", "modern.yml", "includes.yml"):
        old.write("base:\n  image: nginx\n", "common/base.yml")
        assert old.run("-f", name, "migrate", "--write", "--no-backup") == 0
        assert text(old, "common/base.yml") == "services:\n  base:\n    image: nginx\n"
        assert old.run("-f", name, "config", "-q") == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ("-f", "a", "migrate", "b"),
            "give the files of a project with -f, or files by",
        ),
        (("migrate", "--write", "--check"), "--write and --check cannot be combined"),
        (("migrate", "--no-backup"), "--no-backup goes with --write"),
        (("migrate", "-", "--write"), "standard input cannot be written: leave out --write"),
        (("migrate", "-", "a"), "- is standard input, and stands alone"),
        (("-f", "git@x.com:y/z.git", "migrate"), "'git@x.com:y/z.git' is not on this machine"),
        (("migrate", "gone.yml"), "file 'gone.yml' does not exist"),
    ],
)
def test_what_makes_no_sense_is_refused(
    old: World, said: Callable[[], str], argv: tuple[str, ...], message: str
) -> None:
    assert old.run(*argv) == 1
    assert message in said()
    assert text(old) == OLD


# What leads people to it


def test_every_old_file_of_a_project_is_named_with_the_way_out(
    old: World, said: Callable[[], str]
) -> None:
    old.write("web:\n  ports: ['80:80']\n", "docker-compose.override.yml")

    for argv in (("up",), ("config",), ("down",), ("plan",), ("pull", "web")):
        assert old.run(*argv) == 1
        assert said() == dedent(
            """\
            error: service 'web' stands at the top level, not under `services:`
              --> docker-compose.yml:1:1
               |
             1 | web:
               | ^^^
               = help: this is the format of 2014; run: composer migrate

            error: service 'web' stands at the top level, not under `services:`
              --> docker-compose.override.yml:1:1
               |
             1 | web:
               | ^^^
               = help: this is the format of 2014; run: composer migrate
            """
        )


@pytest.mark.parametrize(
    "root",
    [
        "include: [old/fig.yml]\nservices: {}\n",
        "services: {api: {extends: {file: old/fig.yml, service: web}}}\n",
    ],
)
def test_an_old_file_behind_a_modern_one_is_named_with_the_way_out(
    old: World, said: Callable[[], str], root: str
) -> None:
    old.write(root, "compose.yaml")
    old.write(OLD, "old/fig.yml")

    assert old.run("config") == 1
    assert said().startswith(
        dedent(
            """\
            error: service 'web' stands at the top level, not under `services:`
              --> old/fig.yml:1:1
               |
             1 | web:
               | ^^^
               = help: this is the format of 2014; run: composer migrate old/fig.yml
            """
        )
    )


@pytest.mark.parametrize(
    "old_text",
    [
        "version: '1'\nweb:\n  image: x\n",
        "x-a: {}\nweb: {extends: {service: base}}\nbase: {image: y}\n",
        "web:\n  environment: {A: b}\n",
        "volumes: {image: x}\n",
        "deploy: {image: x}\nweb: {command: y}\n",
    ],
)
def test_old_files_of_many_kinds_are_recognised_and_migrated(
    old: World, said: Callable[[], str], old_text: str
) -> None:
    old.write(old_text, "docker-compose.yml")

    assert old.run("config") == 1
    assert "this is the format of 2014; run: composer migrate\n" in said()
    assert old.run("migrate", "docker-compose.yml", "--write") == 0
    assert old.run("config", "--no-consistency", "-q") == 0


@pytest.mark.parametrize(
    "old_text",
    [
        "version: '2'\nweb:\n  build: {context: .}\n",
        "web:\n  image: x\nnetworks: {default: {driver: bridge}}\n",
    ],
)
def test_a_modern_file_without_its_first_line_is_helped_as_well(
    old: World, said: Callable[[], str], old_text: str
) -> None:
    old.write(old_text, "docker-compose.yml")

    assert old.run("config") == 1
    assert "= help: `services:` is missing; run: composer migrate\n" in said()
    assert old.run("migrate", "--write") == 0
    assert old.run("config", "-q") == 0


def test_a_file_of_fig_should_be_called_something_else(old: World, said: Callable[[], str]) -> None:
    old.write(OLD, "old stack/fig.yml")

    assert old.run("-f", "old stack/fig.yml", "up") == 1
    assert "run: composer migrate 'old stack/fig.yml'\n" in said()
    assert old.run("migrate", "old stack/fig.yml") == 0
    assert "'old stack/fig.yml' any more: call it compose.yaml\n" in said()


@pytest.mark.parametrize(
    "other",
    [
        "servces: {web: {image: x}}\n",
        "service: {build: {image: x}}\n",
        "network: {default: {driver: bridge}}\n",
        "volumes: {image: {driver: local}}\n",
        "services: {web: {image: x}}\ndb: {image: y}\n",
        "servces: {labels: {image: x}}\n",
    ],
)
def test_other_mistakes_are_not_taken_for_it(
    old: World, said: Callable[[], str], other: str
) -> None:
    old.write(other, "docker-compose.yml")

    old.run("config")
    assert "2014" not in said()
    old.run("migrate")
    assert "docker-compose.yml: nothing to migrate\n" in said()


def test_the_sample_of_the_book_is_what_migrate_makes_of_its_old_file(
    old: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = Path(__file__).parent.parent.parent / "samples" / "rails"
    monkeypatch.chdir(sample)
    book = (sample / "docker-compose.2014.yml").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(book)))

    assert old.run("migrate", "-") == 0
    assert capsys.readouterr().out == (sample / "compose.yaml").read_text()
