"""References: what they name, and what is wrong with those that name nothing."""

from __future__ import annotations

import pytest

from composer.model.reference import (
    ArtifactReference,
    GitReference,
    is_reference,
    parse,
    without_password,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = f"sha256:{'ab' * 32}"


@pytest.mark.parametrize(
    ("text", "repository", "revision", "path"),
    [
        ("https://host/x.git", "https://host/x.git", "", ""),
        ("https://host/x.git#", "https://host/x.git", "", ""),
        ("https://host/x.git#main", "https://host/x.git", "main", ""),
        ("https://host/x.git#release/1.2:a/b", "https://host/x.git", "release/1.2", "a/b"),
        ("https://host/x.git#:a", "https://host/x.git", "", "a"),
        ("https://host/x.git#v1:a/c.yaml", "https://host/x.git", "v1", "a/c.yaml"),
        ("https://me:secret@host/x.git#v1", "https://me:secret@host/x.git", "v1", ""),
        ("http://host:8080/a/x.git", "http://host:8080/a/x.git", "", ""),
        ("HTTP://host/x.git", "http://host/x.git", "", ""),
        ("https://host/x.git#v%31:a%20b", "https://host/x.git", "v1", "a b"),
        ("https://host/x.git?ref=v1&subdir=a", "https://host/x.git", "v1", "a"),
        ("https://host/x.git?tag=v1", "https://host/x.git", "refs/tags/v1", ""),
        ("https://host/x.git?tag=refs/tags/v1", "https://host/x.git", "refs/tags/v1", ""),
        ("https://host/x.git?branch=b#:a", "https://host/x.git", "refs/heads/b", "a"),
        ("https://host/x.git?ref=v1#v1", "https://host/x.git", "v1", ""),
        (f"https://host/x.git?commit={COMMIT}", "https://host/x.git", COMMIT, ""),
        ("https://host/x.git?submodules=true&keep-git-dir", "https://host/x.git", "", ""),
        ("ssh://git@host/x", "ssh://git@host/x", "", ""),
        ("ssh://git@host:2222/x.git#v1:a", "ssh://git@host:2222/x.git", "v1", "a"),
        ("git://host/x", "git://host/x", "", ""),
        ("git@host:org/x.git", "git@host:org/x.git", "", ""),
        ("git@host:org/x.git#v1:a", "git@host:org/x.git", "v1", "a"),
        ("me@host:x?ref=v1#:a", "me@host:x", "v1", "a"),
        ("github.com/org/x", "https://github.com/org/x", "", ""),
        ("github.com/org/x.git#v1:a", "https://github.com/org/x.git", "v1", "a"),
    ],
)
def test_a_git_reference_names_a_path_in_a_repository_at_a_revision(
    text: str, repository: str, revision: str, path: str
) -> None:
    assert is_reference(text)
    found = parse(text)
    assert isinstance(found, GitReference)
    assert (found.repository, found.revision, found.path) == (repository, revision, path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("oci://host/a/b", "oci://host/a/b"),
        ("oci://host.example/a/b", "oci://host.example/a/b:latest"),
        ("oci://localhost/a", "oci://localhost/a:latest"),
        ("oci://127.0.0.1:5000/a:v1", "oci://127.0.0.1:5000/a:v1"),
        ("oci://[::1]:5000/a:v1", "oci://[::1]:5000/a:v1"),
        (f"oci://localhost/a@{DIGEST}", f"oci://localhost/a@{DIGEST}"),
        (f"oci://localhost/a:v1@{DIGEST}", f"oci://localhost/a@{DIGEST}"),
        ("oci://me/a:v1", "oci://docker.io/me/a:v1"),
        ("oci://a", "oci://docker.io/library/a:latest"),
        ("oci://index.docker.io/a", "oci://docker.io/library/a:latest"),
    ],
)
def test_an_artifact_is_named_like_an_image(text: str, shown: str) -> None:
    found = parse(text)
    assert isinstance(found, ArtifactReference)
    assert str(found) == shown.replace("oci://host/a/b", "oci://docker.io/host/a/b:latest")


@pytest.mark.parametrize(
    "text",
    ["compose.yaml", "./git@host:x", "../x", "host:x.git", "ftp://host/x.git", "a@b", "-", "C:/x"],
)
def test_everything_else_is_a_path(text: str) -> None:
    assert not is_reference(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("https://host/x", "the path of a git repository must end in .git"),
        ("https://host/x.git/", "the path of a git repository must end in .git"),
        ("https://host/x.git:#v1", "the path of a git repository must end in .git"),
        ("https:///x.git", "it names no host"),
        ("https://host/x\0.git", "it has an invisible character in it"),
        ("https://host/x.git#v1:a%00b", "it has an invisible character in it"),
        ("https://host/x.git#v1:a\nb", "it has an invisible character in it"),
        ("git@host:x\udc80", "it has an invisible character in it"),
        ("oci://localhost/a\0", "it has an invisible character in it"),
        ("https://host/x.git?nope=1", "it has no parameter 'nope': write ref, tag, branch"),
        ("https://host/x.git?ref=", "parameter 'ref' must have one value"),
        ("https://host/x.git?ref=a&ref=b", "parameter 'ref' must have one value"),
        ("https://host/x.git?ref=v1#v2", "it asks for more than one revision: v1 and v2"),
        ("https://host/x.git?tag=a&branch=a", "it asks for more than one revision"),
        ("https://host/x.git?subdir=a#:b", "it asks for more than one path: a and b"),
        ("https://host/x.git?commit=v1", "checksum 'v1' is not the beginning of a commit"),
        ("oci://localhost/A", "'A' is not a repository: write it in lower case"),
        ("oci://localhost/a//b", "'a//b' is not a repository: it is made of a-z and 0-9"),
        ("oci://localhost/", "'' is not a repository"),
        ("oci://localhost/a:", "'' is not a tag"),
        ("oci://localhost/a@sha256:1", "'sha256:1' is not a digest"),
        ("oci://ho_st.example/a", "'ho_st.example' is not the host of a registry"),
    ],
)
def test_what_tries_to_be_a_reference_and_is_none_says_why(text: str, problem: str) -> None:
    assert is_reference(text)
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert str(caught.value).startswith(problem)


def test_only_a_whole_commit_is_fixed() -> None:
    assert GitReference(repository="r", revision=COMMIT).is_fixed
    assert GitReference(repository="r", revision="c" * 64).is_fixed
    assert not GitReference(repository="r", revision=COMMIT[:39]).is_fixed
    assert not GitReference(repository="r", revision=COMMIT.upper()).is_fixed


def test_a_password_is_never_shown() -> None:
    reference = parse("https://me:secret@host/x.git#v1:a")

    assert str(reference) == "https://me:***@host/x.git#v1:a"
    assert (
        without_password("cannot reach 'https://me:secret@host/x.git': no")
        == "cannot reach 'https://me:***@host/x.git': no"
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://token@host/x.git", "https://***@host/x.git"),
        ("HTTPS://token@host/x.git", "HTTPS://***@host/x.git"),
        ("https://me:s@cret@host/x.git", "https://me:***@host/x.git"),
        ("https://me:s:cret@host/x.git", "https://me:***@host/x.git"),
        ("ssh://git@host/x.git", "ssh://git@host/x.git"),
        ("https://host/x@y.git", "https://host/x@y.git"),
    ],
)
def test_neither_is_a_token_nor_half_a_password(address: str, shown: str) -> None:
    assert without_password(address) == shown
