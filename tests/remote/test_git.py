"""Repositories → checkouts, with the real git program on repositories beside the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from composer.errors import FetchFailed
from composer.model.reference import GitReference
from composer.remote.cache import Cache
from composer.remote.git import Checkout, Git
from support.cli import ROOT, eventually
from support.repositories import ENVIRONMENT, Repository, serve


@dataclass(frozen=True)
class Place:
    """A repository, a cache, and what fetches from one into the other."""

    directory: Path
    repository: Repository

    def git(self, *, seconds: float | None = None, **variables: str) -> Git:
        environment = {**ENVIRONMENT, "XDG_CACHE_HOME": str(self.directory / "cache"), **variables}
        return Git(environment, Cache(environment), seconds=seconds)

    def reference(self, revision: str = "", **fields: str) -> GitReference:
        address = fields.pop("repository", str(self.repository.path))
        return GitReference(repository=address, revision=revision, **fields)

    def checkout(self, revision: str = "", **fields: str) -> Checkout:
        """Fetch as a run of its own."""
        return self.git().checkout(self.reference(revision, **fields))

    def refusal(self, revision: str = "", *, git: Git | None = None, **fields: str) -> FetchFailed:
        with pytest.raises(FetchFailed) as caught:
            (git or self.git()).checkout(self.reference(revision, **fields))
        return caught.value

    def cached(self) -> list[str]:
        """Return everything that is in the cache, also what is half made."""
        kept = self.directory / "cache" / "composer" / "git"
        return sorted(path.name for path in kept.iterdir()) if kept.is_dir() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, Repository(tmp_path / "x.git"))


def text(checkout: Checkout) -> str:
    return (Path(checkout.directory) / "compose.yaml").read_text()


def test_every_kind_of_revision_names_its_commit(place: Place) -> None:
    first = place.repository.commit({"compose.yaml": "first"})
    place.repository.git("tag", "v1")
    place.repository.git("tag", "--annotate", "--message", "x", "v1-annotated")
    second = place.repository.commit({"compose.yaml": "second"})
    place.repository.git("branch", "release/1")

    named = {
        revision: place.checkout(revision).commit
        for revision in ("", "main", "release/1", "refs/heads/main", "heads/main", second)
    }
    assert set(named.values()) == {second}
    for revision in ("v1", "refs/tags/v1", "v1-annotated", first):
        assert place.checkout(revision).commit == first
    assert text(place.checkout("v1")) == "first"
    assert text(place.checkout()) == "second"


def test_a_branch_that_ends_alike_is_another_one(place: Place) -> None:
    wanted = place.repository.commit()
    place.repository.git("checkout", "--quiet", "-b", "feature/main")
    place.repository.commit()

    assert place.checkout("main").commit == wanted


def test_a_tag_goes_before_a_branch_of_its_name(place: Place) -> None:
    tagged = place.repository.commit()
    place.repository.git("tag", "v1")
    place.repository.git("checkout", "--quiet", "-b", "v1")
    place.repository.commit()

    assert place.checkout("v1").commit == tagged


def test_what_is_in_the_cache_is_not_fetched_again(place: Place) -> None:
    place.repository.commit({"compose.yaml": "x"})

    first, second = place.checkout("main"), place.checkout("main")
    assert (first.new, second.new) == (True, False)
    assert first.directory == second.directory
    assert place.cached() == [first.commit]


def test_a_branch_that_moved_is_fetched_anew(place: Place) -> None:
    place.repository.commit({"compose.yaml": "old"})
    old = place.checkout("main")
    place.repository.commit({"compose.yaml": "new"})

    new = place.checkout("main")
    assert new.new
    assert (text(old), text(new)) == ("old", "new")


def test_within_a_run_a_branch_stays_where_it_is(place: Place) -> None:
    place.repository.commit()
    git = place.git()
    before = git.checkout(place.reference("main"))
    place.repository.commit()

    assert git.checkout(place.reference("main")).commit == before.commit


def test_a_commit_in_the_cache_needs_no_repository(place: Place) -> None:
    commit = place.repository.commit()
    place.checkout("main")
    shutil.rmtree(place.repository.path)

    assert place.checkout(commit).new is False


def test_a_branch_needs_its_repository_even_if_its_commit_is_in_the_cache(place: Place) -> None:
    commit = place.repository.commit()
    place.checkout("main")
    address = place.repository.path
    shutil.rmtree(address)

    refusal = place.refusal("main", path="app")
    assert refusal.message == f"there is no repository {address}, or nobody may know of it"
    assert refusal.help == f"it was last seen at a commit that is cached: {address}#{commit}:app"


def test_a_server_that_gives_away_no_single_commits_gives_everything(place: Place) -> None:
    first = place.repository.commit({"compose.yaml": "first"})
    place.repository.commit({"compose.yaml": "second"})
    old_protocol = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.version",
        "GIT_CONFIG_VALUE_0": "0",
    }

    assert text(place.git(**old_protocol).checkout(place.reference(first))) == "first"


def test_a_checksum_is_compared_before_anything_is_fetched(place: Place) -> None:
    commit = place.repository.commit()

    assert place.checkout("main", checksum=commit[:7]).commit == commit
    assert place.refusal("main", checksum="0" * 7).message == (
        f"{place.repository.path}#main is commit {commit}, "
        "which does not begin with the checksum 0000000"
    )


def test_an_unknown_revision_is_refused_with_the_nearest_one(place: Place) -> None:
    place.repository.commit()
    place.repository.git("tag", "v1.10")

    refusal = place.refusal("v1.1O")
    assert refusal.message == f"repository {place.repository.path} has no branch or tag 'v1.1O'"
    assert refusal.help == "did you mean 'v1.10'?"


def test_half_a_commit_is_refused_with_a_hint(place: Place) -> None:
    commit = place.repository.commit()

    assert place.refusal(commit[:10]).help == "a commit is written with all of its 40 digits, a-f"


def test_an_unknown_commit_is_refused_and_leaves_nothing(place: Place) -> None:
    place.repository.commit()

    refusal = place.refusal("0" * 40)
    assert refusal.message == f"{place.repository.path} has no commit {'0' * 40}"
    assert place.cached() == []


def test_an_empty_repository_has_no_commits(place: Place) -> None:
    assert place.refusal().message == f"repository {place.repository.path} has no commits"


def test_without_git_the_answer_is_to_install_it(place: Place, tmp_path: Path) -> None:
    refusal = place.refusal("main", git=place.git(PATH=str(tmp_path / "empty")))

    assert refusal.message == (
        f"git is needed to fetch {place.repository.path}#main, and it is not installed"
    )
    assert refusal.help == "install git, or download the files and name them"


def test_the_repository_we_run_in_is_left_alone(place: Place, tmp_path: Path) -> None:
    place.repository.commit({"compose.yaml": "x"})
    other = Repository(tmp_path / "other")
    around = {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}

    assert text(place.git(**around).checkout(place.reference("main"))) == "x"
    assert sorted(path.name for path in other.path.iterdir()) == [".git"]


def test_hooks_of_the_user_do_not_run(place: Place, tmp_path: Path) -> None:
    hook = tmp_path / "templates" / "hooks" / "post-checkout"
    hook.parent.mkdir(parents=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    place.repository.commit()

    place.git(GIT_TEMPLATE_DIR=str(tmp_path / "templates")).checkout(place.reference("main"))
    assert not (tmp_path / "ran").exists()


def test_a_cache_that_cannot_be_written_is_named(place: Place, tmp_path: Path) -> None:
    place.repository.commit()
    (tmp_path / "file").write_text("")

    refusal = place.refusal(git=place.git(XDG_CACHE_HOME=str(tmp_path / "file")))
    assert (
        refusal.message
        == f"the cache '{tmp_path}/file/composer' cannot be written: not a directory"
    )


# --- over the network


def test_a_repository_is_fetched_over_http(place: Place) -> None:
    commit = place.repository.commit({"compose.yaml": "x"})

    with serve(place.directory) as address:
        checkout = place.checkout("main", repository=f"{address}/x.git")
    assert (checkout.commit, text(checkout)) == (commit, "x")


def test_a_password_in_the_address_is_used_and_kept_nowhere(place: Place) -> None:
    place.repository.commit({"compose.yaml": "x"})

    with serve(place.directory, password="s3cret") as address:
        mine = address.replace("://", "://me:s3cret@")
        checkout = place.checkout("main", repository=f"{mine}/x.git")
        refusal = place.refusal("nope", repository=f"{mine}/x.git")
    kept = place.directory / "cache"
    texts = b"".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())
    assert text(checkout) == "x"
    assert b"s3cret" not in texts
    assert "s3cret" not in refusal.message
    assert "me:***@" in refusal.message


def test_who_must_log_in_is_told_and_never_asked(place: Place) -> None:
    place.repository.commit()

    with serve(place.directory, password="s3cret") as address:
        refusal = place.refusal("main", repository=f"{address}/x.git")
    assert refusal.message == f"{address}/x.git wants to know who asks"
    assert refusal.help == (
        "git must not ask for passwords here: set up a credential helper or an ssh agent, "
        f"so that this works: git ls-remote {address}/x.git"
    )


def test_a_repository_that_is_not_there_is_named(place: Place) -> None:
    with serve(place.directory) as address:
        refusal = place.refusal("main", repository=f"{address}/y.git")
    assert refusal.message == f"there is no repository {address}/y.git, or nobody may know of it"
    refusal = place.refusal("main", repository=f"{address}/x.git")
    assert refusal.message == f"{address}/x.git cannot be reached: nobody answers"


def test_an_unknown_host_is_named(place: Place) -> None:
    refusal = place.refusal("main", repository="http://nowhere.invalid/x.git")
    assert refusal.message == "host 'nowhere.invalid' of http://nowhere.invalid/x.git is not known"


def ssh(place: Place, script: str) -> dict[str, str]:
    """Return what has git run a script in place of ssh."""
    path = place.directory / "ssh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"GIT_SSH_COMMAND": str(path)}


def test_a_repository_is_fetched_over_ssh(place: Place) -> None:
    commit = place.repository.commit({"compose.yaml": "x"})
    remote = ssh(place, f'echo "$@" >> {place.directory}/asked; for last; do :; done; eval "$last"')

    address = f"git@host:{place.repository.path}"
    assert (
        place.git(**remote).checkout(place.reference("main", repository=address)).commit == commit
    )
    asked = (place.directory / "asked").read_text().splitlines()
    assert {line.split()[-3] for line in asked} == {"git@host"}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("git@host: Permission denied (publickey).", "git@host:x.git wants to know who asks"),
        (
            "Host key verification failed.",
            "ssh does not know the key of the host of git@host:x.git",
        ),
        (
            "ssh: Could not resolve hostname host: Name or service not known",
            "host 'host' of git@host:x.git is not known",
        ),
        ("something new", "git@host:x.git cannot be fetched; git says: something new"),
    ],
)
def test_what_ssh_says_is_worded_for_people(place: Place, said: str, problem: str) -> None:
    remote = ssh(place, f"echo '{said}' >&2; exit 255")
    if "new" in said:
        remote = ssh(place, f"echo 'fatal: {said}' >&2; exit 128")

    refusal = place.refusal("main", git=place.git(**remote), repository="git@host:x.git")
    assert refusal.message == problem


def test_without_an_ssh_command_of_the_user_ssh_does_not_ask(place: Place) -> None:
    remote = ssh(place, f'echo "$@" > {place.directory}/asked; exit 1')
    (place.directory / "bin").mkdir()
    os.symlink(place.directory / "ssh", place.directory / "bin" / "ssh")
    del remote["GIT_SSH_COMMAND"]
    path = f"{place.directory}/bin:{ENVIRONMENT['PATH']}"

    place.refusal("main", git=place.git(PATH=path), repository="ssh://git@host/x.git")
    assert "BatchMode=yes" in (place.directory / "asked").read_text()


def test_who_does_not_answer_is_left_with_everything_that_waited(place: Place) -> None:
    remote = ssh(place, f"echo $$ > {place.directory}/pid; exec sleep 60")
    git = place.git(seconds=0.3, **remote)

    refusal = place.refusal("main", git=git, repository="git@host:x.git")
    assert refusal.message == "git@host:x.git did not answer in time"
    pid = int((place.directory / "pid").read_text())
    assert eventually(lambda: is_dead(pid))


def test_ctrl_c_ends_git_and_leaves_nothing(place: Place) -> None:
    commit = "1" * 40  # nothing to look up: the fetch itself is cut off
    variables = ssh(place, f"echo $$ > {place.directory}/pid; exec sleep 60")
    process = subprocess.Popen(
        [sys.executable, "-m", "composer", "-f", f"git@host:x.git#{commit}", "config"],
        cwd=place.directory,
        env={
            **ENVIRONMENT,
            **variables,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(place.directory / "cache"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    pid = int(eventually(lambda: (place.directory / "pid").read_text().strip()))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)

    assert (process.returncode, out) == (130, "")
    assert eventually(lambda: is_dead(pid))
    assert place.cached() == []


def is_dead(pid: int) -> bool:
    """Say whether a process is gone, or waits only for somebody to take note."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"
