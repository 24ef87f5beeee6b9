"""Fetch what references name, each once in a run, and say what was fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from composer.errors import FetchFailed
from composer.model.reference import (
    ArtifactReference,
    Credentials,
    Fetched,
    GitReference,
    Reference,
    parse,
    without_password,
)
from composer.record import replace
from composer.remote.cache import Cache

if TYPE_CHECKING:
    from composer.remote.git import Git

_SWITCHES: Final[Mapping[type, str]] = {
    GitReference: "COMPOSE_EXPERIMENTAL_GIT_REMOTE",
    ArtifactReference: "COMPOSE_EXPERIMENTAL_OCI_REMOTE",
}
_ON: Final = ("1", "t", "T", "TRUE", "true", "True")
_OFF: Final = ("0", "f", "F", "FALSE", "false", "False")


class Fetcher:
    """Fetches references for one run of composer; call it with the text of one.

    `say` gets a line for each thing that was not in the cache, `credentials` are
    asked for those of a registry, `plain` are registries that speak http.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        credentials: Credentials,
        plain: tuple[str, ...] = (),
    ) -> None:
        self.fetched: dict[str, Fetched] = {}
        self._failed: dict[str, FetchFailed] = {}
        self._environment = environment
        self._say = say
        self._credentials = credentials
        self._plain = plain
        self._cache = Cache(environment)
        self._git: Git | None = None

    def __call__(self, text: str) -> Fetched:
        """Return what the reference names; raises FetchFailed."""
        if text in self._failed:
            raise self._failed[text]
        if text not in self.fetched:
            try:
                self.fetched[text] = self._fetch(text)
            except FetchFailed as failure:
                self._failed[text] = failure
                raise
        return self.fetched[text]

    def _fetch(self, text: str) -> Fetched:
        try:
            reference = parse(text)
        except ValueError as error:
            message = f"{without_password(text)!r} is no reference to a compose file: {error}"
            raise FetchFailed(message) from None
        self._check_switch(reference)
        if isinstance(reference, GitReference):
            return self._repository(reference)
        return self._artifact(reference)

    def _check_switch(self, reference: Reference) -> None:
        name = _SWITCHES[type(reference)]
        value = self._environment.get(name, "")
        if value and value not in (*_ON, *_OFF):
            raise FetchFailed(f"{name} is {value!r}", help="write true or false")
        if value in _OFF:
            raise FetchFailed(f"{reference} is not fetched: {name} is {value}")

    def _repository(self, reference: GitReference) -> Fetched:
        from composer.remote.git import Git

        if self._git is None:
            self._git = Git(self._environment, self._cache)
        checkout = self._git.checkout(reference)
        if checkout.new:
            self._tell(reference, f"commit {checkout.commit[:7]}", checkout.directory)
        whole = replace(reference, path="")
        return Fetched(
            name=str(whole),
            directory=checkout.directory,
            path=reference.path,
            prefix=f"{reference.shown}#{reference.revision}:",
        )

    def _artifact(self, reference: ArtifactReference) -> Fetched:
        from composer.remote.oci import pull
        from composer.remote.registry import Registry

        registry = Registry(reference, self._credentials, plain=reference.registry in self._plain)
        artifact = pull(reference, registry, self._cache)
        if artifact.new:
            self._tell(reference, artifact.digest[:19], artifact.directory)
        name = str(reference)
        return Fetched(name=name, directory=artifact.directory, path="", prefix=f"{name}#")

    def _tell(self, reference: Reference, what: str, directory: str) -> None:
        self._say(f"fetched {reference} → {what} (cached in {directory})")
