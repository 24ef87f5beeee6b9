from __future__ import annotations

import io

from rich.console import Console

from composer.executor.progress import Phase, Picture, Row
from composer.model.events import Progress
from composer.render.live import bar, view


def drawn(*rows: Row, height: int | None = None, width: int = 100) -> list[str]:
    picture = Picture({row.subject: row for row in rows})
    begun = {row.subject: 0.0 for row in rows}
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(view(picture, "up", begun, 2.5, width, height))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines()]


def test_each_thing_has_a_line_with_its_time() -> None:
    lines = drawn(
        Row("Container demo-db-1", "Started", Phase.DONE, seconds=0.3),
        Row("Container demo-web-1", "Waiting", text="demo-db-1 is starting"),
        Row("Network n", "Error", Phase.FAILED, text="no\nlines", seconds=1),
    )

    assert lines == [
        "[+] up 1/3",
        "✔ Container demo-db-1  Started                       0.3s",
        "⠴ Container demo-web-1 Waiting demo-db-1 is starting 2.5s",
        "✘ Network n            Error   no                    1.0s",
    ]


def test_a_pull_has_a_bar() -> None:
    parts = {"a": Progress("Downloading", "a", 1 << 20, 4 << 20)}
    lines = drawn(Row("Image nginx", "Pulling", parts=parts))

    assert "[⣿⣿⣿⣿⣿               ] 1 MiB / 4 MiB" in lines[1]


def test_a_build_shows_its_last_lines_without_control_characters() -> None:
    lines = drawn(Row("Image web", "Building", lines=("Step 1", "a\033[2Jb")))

    assert lines[2:] == ["    Step 1", "    a [2Jb"]


def test_a_low_screen_shows_what_is_busy_and_counts_the_rest() -> None:
    rows = [Row(f"Container c{n}", "Started", Phase.DONE) for n in range(20)]
    lines = drawn(*rows, Row("Container last", "Waiting"), height=6)

    assert len(lines) == 6
    assert "Container last" in lines[4]
    assert lines[5] == "  and 17 more"


def test_a_bar_of_unknown_length_is_empty() -> None:
    assert bar(0, 0).startswith("[                    ]")
