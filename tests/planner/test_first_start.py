"""Variables that the image of a database looks at only while it has no data."""

from __future__ import annotations

import pytest

from composer.model.observed import MountPoint
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.service import Service
from composer.planner.up import plan_up
from composer.record import replace
from support.plans import live, project, service, volume, world

UP = UpOptions()
PGDATA = "/var/lib/postgresql/data"


def changed(name: str, target: str, *, mounts: tuple[MountPoint, ...] = ()) -> Plan:
    """Return the plan for a database whose variable `name` has another value than before."""
    mounted = () if mounts else (volume("data", target),)
    db = service("db", volumes=mounted, environment={name: "new", "LANG": "de"})
    whole = project(db, volumes=["data"])
    old = replace(db, environment={name: "old", "LANG": "en"})
    return plan_up(whole, world(whole, live(whole, "db", as_it_was=old, mounts=mounts)), UP)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("POSTGRES_PASSWORD", PGDATA),
        ("POSTGRES_USER", "/var/lib/postgresql"),
        ("MYSQL_ROOT_PASSWORD", "/var/lib/mysql"),
        ("MARIADB_DATABASE", "/var/lib/mysql"),
        ("MONGO_INITDB_ROOT_USERNAME", "/data/db"),
    ],
)
def test_a_variable_that_the_data_outlive_is_warned_of(name: str, target: str) -> None:
    [warning] = changed(name, target).warnings

    assert warning.message == (
        f"{name} is read when a database is made, and volume 'demo_data' holds one already: "
        "that stays as it is"
    )


@pytest.mark.parametrize(
    ("name", "target"),
    [("POSTGRES_PASSWORD", "/backups"), ("POSTGRES_HOST", PGDATA), ("MYSQL_USER", PGDATA)],
)
def test_other_variables_and_who_has_no_data_are_not_warned_of(name: str, target: str) -> None:
    assert changed(name, target).warnings == ()


def test_data_in_a_directory_of_the_host_are_named_by_their_path() -> None:
    bind = MountPoint(type="bind", target=PGDATA, source="/srv/pg")
    [warning] = changed("POSTGRES_DB", PGDATA, mounts=(bind,)).warnings

    assert "'/srv/pg' holds one already" in warning.message


def test_data_that_the_plan_takes_away_are_not_warned_of() -> None:
    anonymous = MountPoint(type="volume", target=PGDATA, name="0a" * 32)
    db = service("db", environment={"POSTGRES_PASSWORD": "new"})
    whole = project(db)
    old = replace(db, environment={"POSTGRES_PASSWORD": "old"})
    there = world(whole, live(whole, "db", as_it_was=old, mounts=(anonymous,)))

    assert plan_up(whole, there, UP).warnings
    assert not plan_up(whole, there, replace(UP, renew_anonymous_volumes=True)).warnings


def test_a_database_that_is_there_for_the_first_time_is_not_warned_of() -> None:
    db: Service = service(
        "db", volumes=(volume("data", PGDATA),), environment={"POSTGRES_PASSWORD": "a"}
    )
    whole = project(db, volumes=["data"])

    assert plan_up(whole, world(whole), UP).warnings == ()
