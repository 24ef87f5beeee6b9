from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.engine.docker.client import connect
from composer.engine.docker.files import archive
from composer.errors import EngineError
from composer.model.command import Command
from composer.model.events import Progress
from composer.model.resources import ContainerFile
from composer.model.service import BlkioConfig, NetworkReference
from support.lab import IMAGE, Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    engine = connect(os.environ)
    if engine.image(IMAGE) is None:
        engine.pull(IMAGE, None, lambda progress: None)
    bench = Bench(engine)
    yield bench
    bench.clear()
    engine.close()


def said(bench: Bench, container: str, *command: str) -> str:
    return b"".join(data for _, data in bench.engine.exec(container, Command(command))).decode()


def resolves(bench: Bench, container: str, name: str) -> bool:
    session = bench.engine.exec(container, Command(("nslookup", name)))
    list(session)
    return session.exit_code() == 0


def test_an_archive_holds_files_with_their_owner_and_mode() -> None:
    files = (ContainerFile(path="/run/secrets/a", content=b"text", uid=5, gid=6, mode=0o400),)

    with tarfile.open(fileobj=io.BytesIO(archive(files))) as tar:
        (entry,) = tar.getmembers()
        assert (entry.name, entry.uid, entry.gid, entry.mode) == ("run/secrets/a", 5, 6, 0o400)


@pytest.mark.docker
def test_files_have_their_owner_and_mode_and_leave_directories_alone(bench: Bench) -> None:
    files = (
        ContainerFile(path="/tmp/secret", content=b"x", uid=5, gid=6, mode=0o400),
        ContainerFile(path="/new/er/file", content=b"x"),
    )
    name = bench.start(files=files)
    before = said(bench, bench.start("other"), "stat", "-c", "%a", "/tmp")

    assert said(bench, name, "stat", "-c", "%u %g %a", "/tmp/secret") == "5 6 400\n"
    assert said(bench, name, "stat", "-c", "%a", "/tmp") == before
    assert said(bench, name, "cat", "/new/er/file") == "x"


@pytest.mark.docker
def test_a_seccomp_profile_is_read_from_its_file(bench: Bench, tmp_path: Path) -> None:
    profile = tmp_path / "deny.json"
    profile.write_text(
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls":'
        ' [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
    )

    name = bench.start(security_opt=(f"seccomp={profile}",))

    assert "not permitted" in said(bench, name, "mkdir", "/x")


@pytest.mark.docker
def test_a_seccomp_profile_that_is_no_json_is_named(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "deny").write_text("{,")
    with pytest.raises(EngineError, match=r"seccomp profile '.*deny': it is not JSON"):
        bench.create(security_opt=(f"seccomp={tmp_path}/deny",))


@pytest.mark.docker
def test_a_seccomp_profile_that_is_missing_is_named(bench: Bench) -> None:
    with pytest.raises(EngineError, match="seccomp profile '/no/such': no such file"):
        bench.create(security_opt=("seccomp=/no/such",))


@pytest.mark.docker
def test_a_container_is_found_by_service_alias_and_link(bench: Bench) -> None:
    front, back = bench.make_network("front"), bench.make_network("back")
    db = bench.start("db", networks={front: NetworkReference(aliases=("store",))})
    web = bench.start(networks={front: NetworkReference()}, links=(f"{db}:linked",))

    for name in ("db", "store", "linked", db):
        assert resolves(bench, web, name), name
    assert not resolves(bench, web, "again")

    bench.engine.connect(db, back, NetworkReference(aliases=("again",)))
    other = bench.start("other", networks={back: NetworkReference()})
    for name in ("db", "again", db):
        assert resolves(bench, other, name), name


@pytest.mark.docker
def test_what_the_engine_will_not_honour_is_reported(bench: Bench) -> None:
    heard: list[Progress] = []

    bench.engine.create_container(
        bench.spec(blkio_config=BlkioConfig(weight=300), cpu_percent=5.0), heard.append
    )

    (live,) = bench.engine.inspect([bench.name("web")]).values()
    assert live.config is not None
    if live.config.blkio_config is None:
        assert any("weight" in progress.text for progress in heard)
