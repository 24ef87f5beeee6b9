from __future__ import annotations

import pytest

from support.session import World

SHOP = """
    services:
      web:
        image: nginx:alpine
        ports: ["8080:80", "127.0.0.1:53:53/udp"]
        networks: {low: {}, high: {priority: 5}}
        depends_on: {db: {condition: service_healthy}}
      db:
        build: .
        volumes: [data:/data]
      tools:
        image: busybox
        profiles: [debug]
    networks: {low: {}, high: {}}
    volumes: {data: {}}
"""


@pytest.fixture
def shop(demo: World) -> World:
    demo.write(SHOP)
    return demo


def test_the_graph_is_drawn_without_an_engine(
    shop: World, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.engine = None  # type: ignore[assignment]

    assert shop.run("viz") == 0
    assert "waits until db is healthy" in capsys.readouterr().out


def test_named_services_bring_what_they_depend_on(
    shop: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.run("viz", "db", "--format", "mermaid", "--no-image") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["flowchart TB", '  s1["db"]']
    assert shop.run("viz", "web", "--format", "mermaid", "--no-image") == 0
    assert '  s2["db"]' in capsys.readouterr().out.splitlines()


def test_a_file_s_ending_says_the_format(shop: World) -> None:
    assert shop.run("viz", "-o", "shop.svg") == 0
    assert shop.run("viz", "-o", "shop.gv") == 0

    assert (shop.directory / "shop.svg").read_text().startswith("<svg ")
    assert (shop.directory / "shop.gv").read_text().startswith("digraph ")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("viz --format png", "error: there is no format 'png'\n"),
        ("viz -o shop.png", "error: there is no format 'png'\n"),
        ("viz -o no/such/place.svg", "error: cannot write no/such/place.svg: no such file"),
        ("viz nope", "error: no such service: nope"),
        ("alpha viz --indentation-size=-1", "error: invalid indentation size: -1"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(
    shop: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert shop.run(*argv.split()) == 1
    assert capsys.readouterr().err.startswith(message)


def test_alpha_viz_prints_what_docker_compose_prints(
    shop: World, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--image", "--networks", "--ports", "--spaces", "--indentation-size", "2")
    assert shop.run("alpha", "viz", *flags) == 0

    small = '<font point-size="10"><br/><br/>'
    assert capsys.readouterr().out == (
        'digraph "demo" {\n'
        "  layout=dot;\n"
        '  "web" [style="filled" label=<<font point-size="15">web</font>'
        f"{small}<b>Networks:</b><br/>high<br/>low</font>"
        f"{small}<b>Ports:</b><br/>8080:80 (tcp, ingress)<br/>127.0.0.1:53:53 (udp, ingress)</font>"
        f"{small}<b>Image:</b><br/>nginx:alpine</font>>];\n"
        '  "db" [style="filled" label=<<font point-size="15">db</font>'
        f"{small}<b>Networks:</b><br/>default</font>"
        f"{small}<b>Image:</b><br/>demo-db</font>>];\n"
        "\n"
        '  "web" -> "db";\n'
        "}\n"
        "\n"
    )


def test_alpha_viz_indents_by_a_tab(shop: World, capsys: pytest.CaptureFixture[str]) -> None:
    shop.run("alpha", "viz")

    assert '\t"web" -> "db";\n' in capsys.readouterr().out
