"""What `composer migrate` makes of old files means the same to Docker Compose and to composer."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.old_files import projects, written
from support.parity import ROOT, Case, differences

pytestmark = [pytest.mark.parity, pytest.mark.slow]

RAILS = """\
db:
  image: postgres
  ports:
    - "5432"

app:
  build: .
  command: bundle exec rails s -p 3000 -b '0.0.0.0'
  volumes:
    - .:/myapp
  ports:
    - "3000:3000"
  links:
    - db
  expose:
    - "3000"
"""
KITCHEN_SINK = """\
# everything that changes
base:
  image: example/base
  volumes: ["data:/data", "sub/dir:/sub", "~/home:/home"]
web:
  extends: {service: base}
  build: .
  dockerfile: Dockerfile.dev
  net: "container:db"
  log_driver: syslog
  log_opt:
    syslog-tag: web
  volume_driver: local
  volumes_from: [db, "elsewhere:ro"]
  external_links: [other_1:other]
  mem_limit: 512m
  memswap_limit: 1g
  cpuset: 0,1
  cpu_shares: 73
db:
  image: postgres
  net: host
  environment: [A=b]
"""


def project(directory: Path, *texts: str) -> Case:
    """Return a migrated project: each text in a file, later ones override earlier ones."""
    names = [f"{number}.yml" for number in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        (directory / name).write_bytes(text.encode())
    flags = tuple(word for name in names for word in ("-f", name))
    case = Case(directory, "migrated", flags, (), directory, None)
    refused = case.docker("config")
    assert refused.code != 0, "Docker Compose reads the old format"
    ran = case.composer("migrate", "--write", "--no-backup")
    assert ran.code == 0, ran.err
    return case


def model(case: Case) -> Any:
    return json.loads(case.docker("config", "--format", "json").out)


@pytest.mark.parametrize(
    "text",
    [RAILS, KITCHEN_SINK, (ROOT / "samples/rails/docker-compose.2014.yml").read_text()],
    ids=["rails", "kitchen sink", "sample"],
)
def test_both_read_a_migrated_file_alike(tmp_path: Path, text: str, verdict: Counter[str]) -> None:
    found = differences(project(tmp_path, text))
    verdict["differ" if found else "agree"] += 1

    assert not found, "\n".join(found)


def test_the_rails_file_means_what_it_meant(tmp_path: Path) -> None:
    read = model(project(tmp_path, RAILS))

    old = yaml.safe_load(RAILS)
    assert read["services"].keys() == old.keys()
    app = read["services"]["app"]
    assert app["build"] == {"context": str(tmp_path), "dockerfile": "Dockerfile"}
    assert app["links"] == ["db"]
    assert app["expose"] == ["3000"]
    assert app["depends_on"]["db"]["condition"] == "service_started"
    assert [(one["published"], one["target"]) for one in app["ports"]] == [("3000", 3000)]
    assert [(one["source"], one["target"]) for one in app["volumes"]] == [(str(tmp_path), "/myapp")]


def test_the_kitchen_sink_means_what_it_meant(tmp_path: Path) -> None:
    read = model(project(tmp_path, KITCHEN_SINK))

    web = read["services"]["web"]
    assert "image" not in web
    assert web["build"] == {"context": str(tmp_path), "dockerfile": "Dockerfile.dev"}
    assert web["network_mode"] == "service:db"
    assert web["logging"] == {"driver": "syslog", "options": {"syslog-tag": "web"}}
    assert web["volumes_from"] == ["db", "container:elsewhere:ro"]
    assert [one["source"] for one in web["volumes"]] == [
        "data",
        str(tmp_path / "sub/dir"),
        str(Path.home() / "home"),
    ]
    assert read["volumes"] == {"data": {"name": "data", "driver": "local"}}


def test_an_override_means_what_it_meant(tmp_path: Path) -> None:
    over = dedent(
        """\
        app:
          image: example/app
          net: "container:db"
        db:
          build: ./db
        """
    )
    case = project(tmp_path, RAILS.replace("  links:\n    - db\n", ""), over)

    assert not differences(case)
    services = model(case)["services"]
    assert "build" not in services["app"]
    assert services["app"]["network_mode"] == "service:db"
    assert "image" not in services["db"]


@given(st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_read_any_migrated_file_alike(tmp_path: Path, data: st.DataObject) -> None:
    old = data.draw(projects)
    text = data.draw(written(old))
    (tmp_path / "0.yml").write_bytes(text.encode())
    case = Case(tmp_path, "random", ("-f", "0.yml"), (), tmp_path, None)

    if case.composer("migrate", "--write", "--no-backup").code == 0:
        assert not differences(case)
