"""Fetch repositories with the git program, which must never ask anybody anything."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from composer.errors import FetchFailed, did_you_mean
from composer.model.reference import GitReference, without_password
from composer.record import dataclass
from composer.remote.cache import Cache

_ASK_SECONDS: Final = 60
_FETCH_SECONDS: Final = 900
_OF_A_REPOSITORY: Final = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
)  # fmt: skip
_SETTINGS: Final = (
    "-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null",
    "-c", "advice.detachedHead=false", "-c", "gc.auto=0",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A repository at one commit.  `new` says that it was fetched just now."""

    directory: str
    commit: str
    new: bool


class Git:
    """The git program, with the user's configuration, keys and credential helpers."""

    def __init__(
        self, environment: Mapping[str, str], cache: Cache, *, seconds: float | None = None
    ) -> None:
        self._cache = cache
        self._seconds = seconds
        self._environment = _quiet(environment)
        self._commits: dict[tuple[str, str], str] = {}

    def checkout(self, reference: GitReference) -> Checkout:
        """Return the repository at the commit that the reference names now.

        A commit that is in the cache needs no network; a branch or tag is looked
        up once in each run.  Raises FetchFailed.
        """
        commit = self._commit(reference)
        if not commit.startswith(reference.checksum):
            raise FetchFailed(
                f"{reference} is commit {commit}, which does not begin with "
                f"the checksum {reference.checksum}"
            )
        kept = self._cache.find("git", commit)
        if kept is not None:
            return Checkout(directory=kept, commit=commit, new=False)
        made = self._cache.keep("git", commit, lambda path: self._fill(path, reference, commit))
        return Checkout(directory=made, commit=commit, new=True)

    def _commit(self, reference: GitReference) -> str:
        if reference.is_fixed:
            return reference.revision
        key = (reference.repository, reference.revision)
        if key not in self._commits:
            self._commits[key] = self._looked_up(reference)
        return self._commits[key]

    def _looked_up(self, reference: GitReference) -> str:
        """Ask the repository which commit the reference names."""
        wanted = reference.revision or "HEAD"
        record = f"{reference.repository}#{wanted}"
        try:
            listed = self._ask(reference, wanted, f"{wanted}^{{}}")
        except FetchFailed as failure:
            raise self._with_last_seen(failure, reference, record) from None
        names = (wanted, f"refs/{wanted}", f"refs/tags/{wanted}", f"refs/heads/{wanted}")
        for name in names:
            commit = listed.get(f"{name}^{{}}") or listed.get(name)
            if commit is not None:
                self._cache.remember(record, commit)
                return commit
        raise self._unknown(reference)

    def _ask(self, reference: GitReference, *patterns: str) -> dict[str, str]:
        """Return commits and tags by the names of what points to them."""
        arguments = ["ls-remote", "--", reference.repository, *patterns]
        lines = self._run(reference, arguments, _ASK_SECONDS).splitlines()
        return {name: commit for commit, _, name in (line.partition("\t") for line in lines)}

    def _unknown(self, reference: GitReference) -> FetchFailed:
        revision = reference.revision
        if not revision:
            return FetchFailed(f"repository {reference.shown} has no commits")
        message = f"repository {reference.shown} has no branch or tag {revision!r}"
        if re.fullmatch(r"[0-9a-fA-F]{4,63}", revision):
            return FetchFailed(message, help="a commit is written with all of its 40 digits, a-f")
        known = (re.sub(r"^refs/(heads|tags)/|\^\{\}$", "", name) for name in self._ask(reference))
        return FetchFailed(message, help=did_you_mean(revision, sorted(set(known))))

    def _with_last_seen(
        self, failure: FetchFailed, reference: GitReference, record: str
    ) -> FetchFailed:
        """Return `failure`; if the reference was fetched before, with a way to go on.

        To take what it named then would be convenient, and could bring back an
        old version unseen.
        """
        commit = self._cache.seen(record)
        if commit is None or self._cache.find("git", commit) is None:
            return failure
        path = f":{reference.path}" if reference.path else ""
        way = f"it was last seen at a commit that is cached: {reference.shown}#{commit}{path}"
        return FetchFailed(failure.message, help=f"{failure.help}; {way}" if failure.help else way)

    def _fill(self, directory: str, reference: GitReference, commit: str) -> None:
        form = ["--object-format=sha256"] if len(commit) > 40 else []
        self._run(reference, ["init", "--quiet", *form, directory], _ASK_SECONDS)
        here = ["-C", directory]
        fetch = [*here, "fetch", "--quiet", "--no-tags"]
        repository = reference.repository
        try:
            self._run(reference, [*fetch, "--depth=1", "--", repository, commit], _FETCH_SECONDS)
        except _NotOneCommit:
            everything = "+refs/*:refs/remotes/origin/*"
            self._run(reference, [*fetch, "--", repository, everything], _FETCH_SECONDS)
        self._run(reference, [*here, "checkout", "--quiet", "--detach", commit], _FETCH_SECONDS)

    def _run(self, reference: GitReference, arguments: Sequence[str], seconds: float) -> str:
        """Run git and return what it printed; raises FetchFailed."""
        program = shutil.which("git", path=self._environment.get("PATH"))
        if program is None:
            raise FetchFailed(
                f"git is needed to fetch {reference}, and it is not installed",
                help="install git, or download the files and name them",
            )
        process = subprocess.Popen(
            [program, *_SETTINGS, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # no terminal to ask on, and one group to end
        )
        try:
            out, said = process.communicate(timeout=self._seconds or seconds)
        except subprocess.TimeoutExpired:
            raise FetchFailed(f"{reference.shown} did not answer in time") from None
        finally:
            _end(process)
        if process.returncode:
            raise _failure(reference, said)
        return out


def _end(process: subprocess.Popen[str]) -> None:
    """End git and what it started, after Ctrl-C or too long a time."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _quiet(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables with which git neither asks nor minds the repository we are run in."""
    settled = {name: text for name, text in environment.items() if name not in _OF_A_REPOSITORY}
    settled["GIT_TERMINAL_PROMPT"] = "0"
    settled["LC_ALL"] = "C"
    if not settled.get("GIT_SSH") and not settled.get("GIT_SSH_COMMAND"):
        settled["GIT_SSH_COMMAND"] = "ssh -o ControlMaster=no -o BatchMode=yes"
    return settled


class _NotOneCommit(FetchFailed):
    """The server does not hand out a commit by itself."""


_LOGIN: Final = (
    "git must not ask for passwords here: set up a credential helper or an ssh agent, "
    "so that this works: git ls-remote {}"
)
_SAID: Final = (
    (r"Could not resolve host(?:name)?:? '?([^\s':]+)", "host {1!r} of {0} is not known", None),
    (r"unable to look up (\S+)", "host {1!r} of {0} is not known", None),
    (
        r"Host key verification failed",
        "ssh does not know the key of the host of {0}",
        "connect to it once with ssh, and check its key",
    ),
    (
        r"Permission denied|Authentication failed|terminal prompts disabled|could not read User"
        r"|could not read Pass|error: 40[13]|Access denied|Invalid username or password",
        "{0} wants to know who asks",
        _LOGIN,
    ),
    (
        r"[Cc]onnection refused|Failed to connect|Couldn't connect|No route to host|unreachable",
        "{0} cannot be reached: nobody answers",
        None,
    ),
    (r"[Tt]imed out", "{0} cannot be reached: no answer in time", None),
    (
        r"[Rr]epository '?.*'? not found|does not appear to be a git|not exported|error: 404"
        r"|info/refs not valid",
        "there is no repository {0}, or nobody may know of it",
        None,
    ),
    (r"not our ref|not a tree|unable to read tree", "{0} has no commit {1}", None),
    (r"certificate", "the certificate of {0} is not trusted", None),
)
_ONLY_WHOLE: Final = r"unadvertised object|dumb http|does not support shallow"


def _failure(reference: GitReference, said: str) -> FetchFailed:
    """Return what git said in words for people."""
    if re.search(_ONLY_WHOLE, said):
        return _NotOneCommit(f"{reference.shown} gives away whole repositories only")
    for pattern, message, help in _SAID:
        if found := re.search(pattern, said):
            words = (reference.shown, *found.groups(), reference.revision)
            return FetchFailed(message.format(*words), help=help and help.format(*words))
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["nothing"]
    last = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
    text = without_password(last.removeprefix("fatal: "))
    return FetchFailed(f"{reference.shown} cannot be fetched; git says: {text}")
