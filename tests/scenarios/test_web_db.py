"""The old style: version, build, bind mount, no networks; published on a free port."""

from __future__ import annotations

import pytest

from support.cli import Folder, eventually, fetch, free_port

pytestmark = pytest.mark.docker


def test_the_old_sample_serves_its_page_and_follows_the_bind_mount(folder: Folder) -> None:
    folder.copy("web-db")
    port = free_port()
    folder.write(
        "docker-compose.override.yml",
        f'services:\n  web:\n    ports: !override ["127.0.0.1:{port}:80"]\n',
    )

    folder.composer("up", "-d").ok()
    first = eventually(lambda: fetch(f"http://127.0.0.1:{port}"))
    assert "1 times" in first
    assert "2 times" in fetch(f"http://127.0.0.1:{port}")

    code = (folder.path / "app.py").read_text()
    folder.write("app.py", code.replace("Hello!", "Bonjour!"))
    folder.composer("up", "-d", "--force-recreate", "web").ok()
    assert "Bonjour!" in eventually(lambda: fetch(f"http://127.0.0.1:{port}"))
    assert folder.networks() == [f"{folder.name}_default"]

    folder.composer("down", "-v").ok()
    assert (folder.containers(), folder.networks(), folder.volumes()) == ({}, [], [])
