from __future__ import annotations

import pytest

from composer.model.service import CredentialSpec, Mount
from composer.planner.digest import service_digests
from composer.planner.windows import elsewhere, on_windows, wants_windows
from support.plans import project, service

PIPE = Mount(type="npipe", source=r"\\.\pipe\a", target=r"\\.\pipe\a")


@pytest.mark.parametrize(
    ("spec", "option"),
    [
        (CredentialSpec(file="a.json"), "credentialspec=file://a.json"),
        (CredentialSpec(registry="a"), "credentialspec=registry://a"),
    ],
)
def test_a_windows_engine_gets_a_credential_spec_as_an_option_of_security(
    spec: CredentialSpec, option: str
) -> None:
    demo = project(service("web", credential_spec=spec, security_opt=("a=b",)))
    whole, problems = on_windows(demo)
    assert whole.services["web"].security_opt == ("a=b", option)
    assert problems == []


def test_a_credential_spec_from_a_config_is_for_swarms() -> None:
    demo = project(service("web", credential_spec=CredentialSpec(config="c")))
    [problem] = on_windows(demo)[1]
    assert problem.severity == "error"
    assert "only a swarm" in problem.message


def test_elsewhere_a_credential_spec_is_a_warning_and_a_pipe_an_error() -> None:
    demo = project(service("web", credential_spec=CredentialSpec(file="a"), volumes=(PIPE,)))
    assert [(one.severity, one.message.split(",")[0]) for one in elsewhere(demo)] == [
        ("error", rf"service 'web' mounts {PIPE.source!r}"),
        (
            "warning",
            "credential_spec of service 'web' has no effect: "
            "this engine runs no Windows containers",
        ),
    ]


def test_what_the_engine_runs_matters_to_few() -> None:
    assert wants_windows(project(service("web", volumes=(PIPE,))))
    assert wants_windows(project(service("web", credential_spec=CredentialSpec(file="a"))))
    assert not wants_windows(project(service("web")))


def test_the_hash_elsewhere_is_that_of_the_file() -> None:
    spec = CredentialSpec(file="a")
    plain, spoken = service("web"), service("web", credential_spec=spec)
    assert service_digests(plain) != service_digests(spoken)
