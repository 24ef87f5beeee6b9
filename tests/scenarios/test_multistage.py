"""The sample of a build in stages, by both builders: what is sent, kept, and built anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, eventually, fetch, free_port, run
from support.peer import with_buildx

pytestmark = pytest.mark.docker

SENT = ["make.py", "pages/about.txt", "pages/index.txt", "pages/soon.draft.txt", "test_site.py"]


@pytest.fixture(params=("BuildKit", "classic"))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    """The sample in a folder of its own, on a port of its own."""
    folder = Folder(tmp_path / "site")
    folder.copy("multistage")
    folder.environment["PORT"] = str(free_port())
    folder.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    folder.environment |= with_buildx(tmp_path / "docker")
    if request.param == "classic":
        folder.environment["DOCKER_BUILDKIT"] = "0"
    yield folder
    folder.remove()


def page(site: Folder, path: str) -> str:
    return str(eventually(lambda: fetch(f"http://127.0.0.1:{site.environment['PORT']}/{path}")))


def test_the_image_has_the_pages_and_nothing_of_what_made_them(site: Folder) -> None:
    site.composer("build").ok()
    site.composer("up", "-d").ok()

    assert page(site, "sent.txt").split() == SENT
    assert "<h1>A site in three stages</h1>" in page(site, "")
    web = f"{site.name}-web-1"
    assert run("docker", "exec", web, "sh", "-c", "command -v python").code == 127
    ids = site.ids()

    site.write("notes/ideas.txt", "a note\n")
    site.write("pages/later.draft.txt", "Later\n\na draft\n")
    site.composer("up", "-d", "--build").ok()
    assert site.ids() == ids

    site.write("pages/index.txt", f"Another title\n\nof {site.name}\n")
    why = site.composer("build", "-q", "--why").ok().out
    assert "changed: pages/index.txt" in why
    site.composer("up", "-d").ok()
    assert "<h1>Another title</h1>" in page(site, "")


def test_a_page_that_the_tests_refuse_is_told_at_the_line_that_runs_them(site: Folder) -> None:
    site.composer("build", "test").ok()
    site.write("pages/empty.txt", "A title, and no more\n")

    refused = site.composer("build", "test")

    assert refused.code == 1
    assert "the build of 'test' failed at 'RUN python -m unittest'" in refused.err
    assert "--> Dockerfile:15:1" in refused.err
    assert "empty.html" in refused.err
    site.composer("build").ok()  # who does not ask for the stage does not run it
