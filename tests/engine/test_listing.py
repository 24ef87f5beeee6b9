from __future__ import annotations

import pytest

from composer.engine.docker.clock import moment, nanoseconds
from composer.engine.docker.listing import (
    event,
    inspected_image,
    inspected_state,
    listed_container,
    listed_state,
    seconds_since_epoch,
)
from composer.errors import EngineError
from composer.model.observed import ContainerState, EngineEvent, ProbeRun, PublishedPort
from composer.model.service import Healthcheck

ID = "sha256:" + "ab" * 32
NEVER = "0001-01-01T00:00:00Z"
BUSYBOX = {
    "Id": ID,
    "RepoTags": ["busybox:latest", "127.0.0.1:5000/me/busybox:1"],
    "RepoDigests": ["busybox@sha256:" + "cd" * 32],
}
UNTAGGED = {"Id": "sha256:" + "ef" * 32, "RepoTags": None, "RepoDigests": None}


@pytest.mark.parametrize(
    ("status", "text", "state"),
    [
        ("running", "Up 3 minutes", ContainerState(status="running")),
        ("running", "Up 1 second (healthy)", ContainerState(status="running", health="healthy")),
        ("running", "Up 1 hour (unhealthy)", ContainerState(status="running", health="unhealthy")),
        (
            "running",
            "Up Less than a second (health: starting)",
            ContainerState(status="running", health="starting"),
        ),
        ("paused", "Up 2 minutes (Paused)", ContainerState(status="paused")),
        ("exited", "Exited (137) 5 minutes ago", ContainerState(status="exited", exit_code=137)),
        (
            "restarting",
            "Restarting (1) 2 seconds ago",
            ContainerState(status="restarting", exit_code=1),
        ),
        ("created", "Created", ContainerState(status="created")),
        ("removing", "Removal In Progress", ContainerState(status="removing")),
    ],
)
def test_the_state_is_read_from_the_engines_words(
    status: str, text: str, state: ContainerState
) -> None:
    assert listed_state(status, text) == state


def test_the_name_of_a_container_is_not_the_one_that_a_link_gave_it() -> None:
    listed = listed_container({"Id": "1", "Names": ["/web/db", "/demo-db-1"]})

    assert listed.name == "demo-db-1"


def test_ports_of_both_address_families_are_kept() -> None:
    ports = [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 81, "Type": "udp"},
    ]

    assert listed_container({"Id": "1", "Ports": ports}).ports == (
        PublishedPort(target=80, protocol="tcp", host_ip="0.0.0.0", published=8080),
        PublishedPort(target=80, protocol="tcp", host_ip="::", published=8080),
        PublishedPort(target=81, protocol="udp"),
    )


def test_the_last_probes_are_part_of_the_state() -> None:
    state = inspected_state(
        {
            "State": {
                "Status": "running",
                "OOMKilled": False,
                "StartedAt": "2026-01-01T00:00:00Z",
                "Health": {
                    "Status": "starting",
                    "FailingStreak": 1,
                    "Log": [
                        {
                            "Start": "2026-01-01T00:00:01.5Z",
                            "End": "2026-01-01T00:00:01.75Z",
                            "ExitCode": -1,
                            "Output": "one\n",
                        },
                        {"Output": "two"},
                    ],
                },
            },
            "Config": {"Healthcheck": {"Test": ["CMD", "true"], "Retries": 5}},
            "HostConfig": {"Memory": 1024},
            "RestartCount": 2,
        }
    )

    assert state == ContainerState(
        status="running",
        health="starting",
        started_at="2026-01-01T00:00:00Z",
        probes=(
            ProbeRun(exit_code=-1, output="one", start=1767225601.5, end=1767225601.75),
            ProbeRun(exit_code=0, output="two"),
        ),
        streak=1,
        check=Healthcheck(test=("CMD", "true"), retries=5),
        memory=1024,
        restarts=2,
    )


def test_a_container_that_never_started_has_no_start() -> None:
    state = inspected_state({"State": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}})

    assert state.started_at == ""


def test_an_image_without_names_has_none() -> None:
    image = inspected_image({"Id": ID, "RepoTags": ["<none>:<none>"], "RepoDigests": None})

    assert (image.refs, image.digests, image.tagged_at) == ((), (), 0)


def test_the_time_of_the_tag_is_in_seconds() -> None:
    metadata = {"LastTagTime": "2026-01-01T00:00:01.123456789Z"}

    assert inspected_image({"Id": ID, "Metadata": metadata}).tagged_at == pytest.approx(
        1767225601.123456
    )


def test_the_engines_clock_may_stand_in_another_zone() -> None:
    assert seconds_since_epoch("2026-01-01T01:00:00.5+01:00") == 1767225600.5
    assert nanoseconds("2026-01-01T01:00:00.000000007+01:00") == 1767225600000000007
    assert nanoseconds("2026-01-01T00:00:00Z") == 1767225600000000000


def test_an_event_says_how_a_container_died() -> None:
    attributes = {"name": "demo-web-1", "exitCode": "137", "com.docker.compose.service": "web"}
    json = {"Action": "die", "Actor": {"ID": "1", "Attributes": attributes}, "timeNano": 5}

    assert event(json) == EngineEvent(
        action="die", container="1", name="demo-web-1", time=5, labels=attributes, exit_code=137
    )


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (None, None),
        ("1700000000", "1700000000"),
        ("1700000000.5", "1700000000.5"),
        ("2026-01-01T00:00:00Z", "1767225600.000000000"),
        ("2026-01-01T01:00:00+01:00", "1767225600.000000000"),
        ("10m", "400.000000000"),
        ("1h", "-2600.000000000"),
        ("1m30s", "910.000000000"),
    ],
)
def test_a_point_in_time_is_sent_in_seconds(text: str | None, sent: str | None) -> None:
    assert moment(text, 1000.0) == sent


def test_no_nanosecond_of_a_point_in_time_is_lost() -> None:
    assert moment("2026-11-21T10:11:12.012345678Z", 0) == "1795255872.012345678"


@pytest.mark.parametrize("text", ["yesterday", "-3m", "5 minutes", "2026-13-01"])
def test_nonsense_is_no_point_in_time(text: str) -> None:
    with pytest.raises(EngineError, match="is not a time"):
        moment(text, 0)


@pytest.mark.parametrize(
    ("tagged", "dated"),
    [("2025-01-02T00:00:00Z", "2025-01-02T00:00:00Z"), (NEVER, "2024-05-06T00:00:00Z")],
)
def test_an_image_that_got_no_tag_here_is_dated_by_when_it_was_made(
    tagged: str, dated: str
) -> None:
    json = {"Id": ID, "Metadata": {"LastTagTime": tagged}, "Created": "2024-05-06T00:00:00Z"}
    assert inspected_image(json).dated == dated
