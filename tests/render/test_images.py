from __future__ import annotations

import pytest

from composer.actions.images import Used
from composer.model.observed import ContainerState, ObservedContainer, ObservedImage
from composer.render.images import cells, digest, fields, name_and_tag, with_digests

NOW = 1_800_000_000
ID = "sha256:" + "0123456789ab" + "c" * 52


def used(ref: str, image: ObservedImage | None) -> Used:
    state = ContainerState(status="running")
    return Used(ObservedContainer(id="1", name="web-1", image=ref, image_id=ID, state=state), image)


@pytest.mark.parametrize(
    ("ref", "name", "tag"),
    [
        ("nginx", "nginx", "latest"),
        ("nginx:alpine", "nginx", "alpine"),
        ("docker.io/library/nginx:1", "nginx", "1"),
        ("docker.io/me/app", "me/app", "latest"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app", "latest"),
        ("nginx:1@sha256:" + "a" * 64, "nginx", "1"),
        ("nginx@sha256:" + "a" * 64, "nginx", ""),
        (ID, "", ""),
        ("a" * 64, "", ""),
    ],
)
def test_a_reference_is_a_repository_and_a_tag(ref: str, name: str, tag: str) -> None:
    assert name_and_tag(ref) == (name, tag)


def test_an_image_without_a_name_or_a_time_says_so() -> None:
    image = ObservedImage(id=ID, platform="linux/arm64/v8", size=1000)

    assert cells(used(ID, image), NOW) == (
        "web-1", "<none>", "<none>", "linux/arm64/v8", "0123456789ab", "1kB", "N/A",
    )  # fmt: skip
    assert fields(used(ID, image))["LastTagTime"] == "0001-01-01T00:00:00Z"


def test_created_is_when_it_got_its_name_here() -> None:
    image = ObservedImage(id=ID, platform="linux/amd64", size=1, dated_at=NOW - 7200, dated="then")

    assert cells(used("nginx", image), NOW)[-1] == "2 hours ago"
    assert fields(used("nginx", image))["LastTagTime"] == "then"


def test_a_digest_is_that_of_the_repository_that_the_container_names() -> None:
    image = ObservedImage(id=ID, digests=("other/nginx@sha256:o", "nginx@sha256:n"))

    assert digest(used("docker.io/library/nginx:1", image)) == "sha256:n"
    assert digest(used("built-here", image)) == digest(used("nginx", None)) == ""


def test_digests_stand_behind_tags() -> None:
    one = used("nginx:1", ObservedImage(id=ID, digests=("nginx@sha256:n",)))
    two = used("built-here", ObservedImage(id=ID))
    found = [one, two]
    rows, values = [cells(u, NOW) for u in found], [fields(u) for u in found]

    columns, names, wider, told = with_digests(found, rows, values)

    at = [column.title for column in columns].index("DIGEST")
    assert (columns[at - 1].title, names[at]) == ("TAG", "Digest")
    assert [row[at] for row in wider] == ["sha256:n", "<none>"]
    assert [value["Digest"] for value in told] == ["sha256:n", ""]
    assert {len(row) for row in wider} == {len(columns)} == {len(names)}
