from __future__ import annotations

import json

import pytest

from composer.model.names import Label
from composer.model.observed import ContainerState, MountPoint, ObservedContainer, PublishedPort
from composer.record import replace
from composer.render.containers import HEADERS, TABLE, elapsed, ports, row
from composer.render.template import go_json, render_rows

NOW = 1_800_000_000

WEB = ObservedContainer(
    id="0123456789abcdef" * 4,
    name="demo-web-1",
    image="nginx:alpine",
    image_id="sha256:1",
    state=ContainerState(status="running", health="healthy"),
    labels={Label.PROJECT: "demo", Label.SERVICE: "web"},
    command="/docker-entrypoint.sh nginx -g 'daemon off;'",
    created=NOW - 125,
    status_text="Up 2 minutes (healthy)",
    ports=(
        PublishedPort(target=80, protocol="tcp", host_ip="0.0.0.0", published=8080),
        PublishedPort(target=80, protocol="tcp", host_ip="::", published=8080),
    ),
    networks={"demo_default": "n1"},
    mounts=(
        MountPoint(
            type="volume", target="/data", name="demo_data_of_the_web_service", driver="local"
        ),
    ),
)


def test_the_table_is_docker_composes() -> None:
    assert render_rows(TABLE, [row(WEB, NOW)], HEADERS) == (
        "NAME         IMAGE          COMMAND                  SERVICE   CREATED         "
        "STATUS                   PORTS\n"
        'demo-web-1   nginx:alpine   "/docker-entrypoint.…"   web       2 minutes ago   '
        "Up 2 minutes (healthy)   0.0.0.0:8080->80/tcp, [::]:8080->80/tcp\n"
    )


def test_an_empty_table_keeps_its_header() -> None:
    assert render_rows(TABLE, [], HEADERS) == (
        "NAME      IMAGE     COMMAND   SERVICE   CREATED   STATUS    PORTS\n"
    )


def test_the_fields_are_docker_composes() -> None:
    fields = row(WEB, NOW)

    assert list(json.loads(go_json(fields))) == sorted(fields.keys() - {"Label"})
    assert fields["ID"] == "0123456789ab"
    assert fields["Mounts"] == "demo_data_of_t…"
    assert fields["LocalVolumes"] == "1"
    assert fields["Publishers"] == [
        {"URL": "0.0.0.0", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"},
        {"URL": "::", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"},
    ]


def test_who_is_being_restarted_has_no_exit_code_as_in_docker_compose() -> None:
    state = ContainerState(status="restarting", exit_code=3)

    assert row(replace(WEB, state=state), NOW)["ExitCode"] == 0


def test_in_full_nothing_is_cut_short() -> None:
    fields = row(WEB, NOW, full=True)

    assert fields["ID"] == WEB.id
    assert fields["Command"] == f'"{WEB.command}"'


def port(target: int, published: int | None, host: str = "0.0.0.0") -> PublishedPort:
    host = host if published else ""
    return PublishedPort(target=target, protocol="tcp", host_ip=host, published=published)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([port(80, 8080, "127.0.0.1")], "127.0.0.1:8080->80/tcp"),
        ([port(80, None)], "80/tcp"),
        ([port(81, 81), port(80, 80)], "0.0.0.0:80-81->80-81/tcp"),
        ([port(80, 80), port(82, 82)], "0.0.0.0:80->80/tcp, 0.0.0.0:82->82/tcp"),
        ([port(80, None), port(81, None)], "80-81/tcp"),
        (
            [port(9000, None), port(80, 8080), port(81, 81), port(81, 81, "::"), port(9, None)],
            "9/tcp, 9000/tcp, 0.0.0.0:81->81/tcp, [::]:81->81/tcp, 0.0.0.0:8080->80/tcp",
        ),
        ([], ""),
    ],
)
def test_ports_that_map_onto_themselves_share_a_range(
    found: list[PublishedPort], text: str
) -> None:
    assert ports(found) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "Less than a second"),
        (1.9, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_times_are_worded_as_docker_words_them(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text
