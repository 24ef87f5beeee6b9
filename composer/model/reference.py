"""References to compose files that are not on this machine: the grammar.

Docker Compose's, which for git is that of BuildKit (dfgitutil): an address of a
repository, then `#REVISION:PATH` or `?ref=…&subdir=…`.  An address of http or
https counts only when its path ends in .git.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

from composer.pattern import pattern
from composer.record import dataclass, field, replace

_OCI: Final = "oci://"
_GITHUB: Final = "github.com/"
_SCHEMES: Final = ("http", "https", "ssh", "git")
_SCHEME: Final = pattern(r"([A-Za-z0-9]+)://")
_SCP: Final = pattern(r"([A-Za-z0-9_-]+)@([A-Za-z0-9.-]+):([^#?]*)(\?[^#]*)?(?:#(.*))?", re.DOTALL)
_COMMIT: Final = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_QUERY: Final = ("ref", "tag", "branch", "subdir", "checksum", "commit")
_IGNORED: Final = ("keep-git-dir", "submodules")
_DIGEST: Final = pattern(r"sha256:[0-9a-f]{64}")
_TAG: Final = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HOST: Final = pattern(r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_PART: Final = pattern(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitReference:
    """A file, or a directory with one, in a repository at some revision.

    `revision` is a branch, a tag or a commit, "" the default branch; `path`
    begins at the root of the repository, "" is the root; `checksum` is how the
    commit has to begin.
    """

    repository: str
    revision: str = ""
    path: str = ""
    checksum: str = ""

    @property
    def is_fixed(self) -> bool:
        """Say whether the revision is a commit, which never means anything else."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def shown(self) -> str:
        """The repository without a password, for people."""
        return without_password(self.repository)

    def __str__(self) -> str:
        path = f":{self.path}" if self.path else ""
        return self.shown + (f"#{self.revision}{path}" if self.revision or path else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactReference:
    """A project that was published to a registry.  `registry` has the port; a digest is final."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}"
        return f"{_OCI}{name}@{self.digest}" if self.digest else f"{_OCI}{name}:{self.tag}"


Reference: TypeAlias = GitReference | ArtifactReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a reference names, on this machine: a directory that is not to be left.

    The compose file is at, or in, `path`, which begins at `directory`.  People call
    the whole `name`, and a file in there `prefix` followed by its own path.
    """

    name: str
    directory: str
    path: str
    prefix: str

    def called(self, path: str) -> str:
        """Return what people call the file at `path` within the directory."""
        return f"{self.prefix}{path}"


Fetch: TypeAlias = Callable[[str], Fetched]
"""From the text of a reference to what it names; raises FetchFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who we are at a registry: a name and a password, or a `token` that stands for both."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRegistries:
    """What an engine knows of registries: where it looks before Docker Hub, and who speaks http.

    `mirrors` are addresses with their scheme, `plain` hosts.
    """

    mirrors: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


Credentials: TypeAlias = Callable[[str], Login | None]
"""From the host of a registry to who we are there, None for nobody."""


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Say whether `text` is, or tries to be, a reference rather than a path."""
    scheme = _SCHEME.match(text)
    if scheme is not None:
        return text.startswith(_OCI) or scheme[1].lower() in _SCHEMES
    return text.startswith(_GITHUB) or _SCP.fullmatch(text) is not None


def parse(text: str) -> Reference:
    """Return what a text names for which `is_reference` holds.

    Raises ValueError, with a message for people, when it is not well-formed.
    """
    if not unquote(text).isprintable():
        raise ValueError("it has an invisible character in it")
    if text.startswith(_OCI):
        return _artifact(text[len(_OCI) :])
    scp = None if _SCHEME.match(text) else _SCP.fullmatch(text)
    if scp is not None:
        user, host, path, query, fragment = scp.groups()
        return _git(f"{user}@{host}:{path}", query and query[1:], fragment)
    parts = urlsplit(f"https://{text}" if text.startswith(_GITHUB) else text)
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.scheme in ("http", "https") and not text.startswith(_GITHUB):
        _check_suffix(parts)
    repository = urlunsplit(parts._replace(query="", fragment=""))
    return _git(repository, parts.query, unquote(parts.fragment))


def _check_suffix(parts: SplitResult) -> None:
    if not unquote(parts.path).endswith(".git"):
        raise ValueError("the path of a git repository must end in .git")


def _git(repository: str, query: str | None, fragment: str | None) -> GitReference:
    revision, _, path = (fragment or "").partition(":")
    reference = GitReference(repository=repository, revision=revision, path=path)
    if not query:
        return reference
    return _with_query(reference, parse_qs(query, keep_blank_values=True))


def _with_query(reference: GitReference, query: Mapping[str, Sequence[str]]) -> GitReference:
    given: dict[str, str] = {}
    for key, values in query.items():
        if key in _IGNORED:
            continue
        if key not in _QUERY:
            raise ValueError(f"it has no parameter {key!r}: write {', '.join(_QUERY)}")
        if len(values) > 1 or not values[0]:
            raise ValueError(f"parameter {key!r} must have one value")
        given[key] = values[0]
    revisions = {"ref": "", "tag": "refs/tags/", "branch": "refs/heads/"}
    asked = {
        form + given[key].removeprefix(form) for key, form in revisions.items() if key in given
    }
    checksum = given.get("checksum", given.get("commit", ""))
    if checksum and not re.fullmatch(r"[0-9a-f]{7,64}", checksum):
        raise ValueError(f"checksum {checksum!r} is not the beginning of a commit")
    return replace(
        reference,
        revision=_one("revision", {reference.revision, *asked}) or checksum,
        path=_one("path", {reference.path, given.get("subdir", "")}),
        checksum=checksum,
    )


def _one(what: str, asked: set[str]) -> str:
    asked.discard("")
    if len(asked) > 1:
        raise ValueError(f"it asks for more than one {what}: {' and '.join(sorted(asked))}")
    return asked.pop() if asked else ""


def parse_image(ref: str) -> ArtifactReference:
    """Return where an image is: nginx is docker.io/library/nginx:latest.

    Raises ValueError, with a message for people, when it is not well-formed.
    """
    name, at, digest = ref.partition("@")
    repository, colon, tag = name.rpartition(":")
    if at and colon and "/" not in tag:
        name = repository  # beside a digest, a tag means nothing
    return _artifact(f"{name}{at}{digest}")


def without_password(text: str) -> str:
    """Return `text` with the passwords of the addresses in it crossed out.

    In place of a name and a password, http may have a token alone.
    """
    text = re.sub(r"(https?://)[^/:\s]+@", r"\1***@", text, flags=re.IGNORECASE)
    return re.sub(r"(://[^/@:\s]*):[^/\s]*@", r"\1:***@", text)


def _artifact(text: str) -> ArtifactReference:
    rest, _, digest = text.partition("@")
    if digest and not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is not a digest such as sha256:<64 hex digits>")
    host, slash, repository = rest.partition("/")
    if not slash or not (set(host) & set(".:[") or host == "localhost"):
        host, repository = "docker.io", rest
    host = "docker.io" if host == "index.docker.io" else host
    repository, colon, tag = repository.partition(":")
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not the host of a registry")
    if not _is_repository(repository):
        hint = "it is made of a-z and 0-9, with . _ - and / between them"
        if _is_repository(repository.lower()):
            hint = "write it in lower case"
        raise ValueError(f"{repository!r} is not a repository: {hint}")
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(f"{tag!r} is not a tag")
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    tag = "" if digest else tag or "latest"
    return ArtifactReference(registry=host, repository=repository, tag=tag, digest=digest)


def _is_repository(text: str) -> bool:
    return all(_PART.fullmatch(part) for part in text.split("/"))
