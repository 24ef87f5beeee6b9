from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.address import Address, Tls, resolve
from composer.engine.docker.certificates import gathered
from composer.errors import EngineError
from composer.model.engine_choice import EngineChoice


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the docker contexts `far` (ssh) and `secure` (TLS)."""
    make_context(tmp_path, "far", {"Host": "ssh://me@far"})
    make_context(tmp_path, "secure", {"Host": "tcp://secure:2376", "SkipTLSVerify": False})
    certificates = tmp_path / ".docker" / "contexts" / "tls" / digest("secure") / "docker"
    certificates.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certificates / name).touch()
    return tmp_path


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def make_context(home: Path, name: str, endpoint: dict[str, Any]) -> None:
    directory = home / ".docker" / "contexts" / "meta" / digest(name)
    directory.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": endpoint}}
    (directory / "meta.json").write_text(json.dumps(meta))


def asked(environment: dict[str, str], **flags: Any) -> Address:
    return resolve(environment, EngineChoice(**flags))


def settings(home: Path, **values: Any) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps(values))


def test_the_default_is_dockers_socket(tmp_path: Path) -> None:
    address = resolve({"HOME": str(tmp_path)})

    assert (address.url, address.origin) == ("unix:///var/run/docker.sock", "the default")
    assert address.config == str(tmp_path / ".docker")


def test_docker_host_names_the_address(home: Path) -> None:
    settings(home, currentContext="far")

    address = resolve({"HOME": str(home), "DOCKER_HOST": "tcp://there:2375"})

    assert (address.url, address.tls, address.origin) == (
        "tcp://there:2375",
        None,
        "from DOCKER_HOST",
    )


def test_docker_host_wins_over_docker_context(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_HOST": "tcp://there:1", "DOCKER_CONTEXT": "far"}

    assert resolve(environment).url == "tcp://there:1"


def test_what_is_asked_for_wins_over_every_variable(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_HOST": "tcp://there:1", "DOCKER_CONTEXT": "far"}

    assert asked(environment, hosts=("unix:///x.sock",)).url == "unix:///x.sock"
    assert asked(environment, context="far").url == "ssh://me@far"


def test_the_context_called_default_is_what_variables_say(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_CONTEXT": "far"}

    assert asked(environment, context="default").url == "unix:///var/run/docker.sock"
    there = environment | {"DOCKER_HOST": "tcp://there:1"}
    assert asked(there, context="default").url == "tcp://there:1"


def test_an_empty_host_is_the_default_socket(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_HOST": "tcp://there:1", "DOCKER_CONTEXT": "far"}

    assert asked(environment, hosts=("",)).url == "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"hosts": ("a",), "context": "far"}, "--host and --context were given"),
        ({"hosts": ("a", "b")}, "--host was given 2 times"),
    ],
)
def test_one_engine_at_a_time(home: Path, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        asked({"HOME": str(home)}, **flags)


def test_docker_context_wins_over_the_current_context(home: Path) -> None:
    settings(home, currentContext="secure")

    assert resolve({"HOME": str(home)}).url == "tcp://secure:2376"
    assert resolve({"HOME": str(home), "DOCKER_CONTEXT": "far"}).url == "ssh://me@far"


def test_a_context_brings_its_certificates(home: Path) -> None:
    tls = asked({"HOME": str(home)}, context="secure").tls

    assert tls is not None
    assert tls.verify
    assert [Path(name or "").name for name in (tls.ca, tls.cert, tls.key)] == [
        "ca.pem",
        "cert.pem",
        "key.pem",
    ]


def test_a_context_without_a_host_is_the_default_socket(home: Path) -> None:
    make_context(home, "plain", {})

    assert asked({"HOME": str(home)}, context="plain").url == "unix:///var/run/docker.sock"


def test_a_context_may_believe_any_engine(home: Path) -> None:
    make_context(home, "lax", {"Host": "tcp://lax", "SkipTLSVerify": True})

    found = asked({"HOME": str(home)}, context="lax")

    assert (found.url, found.tls) == ("tcp://lax:2376", Tls(verify=False))


def test_variables_for_tls_do_not_concern_a_context(home: Path) -> None:
    make_context(home, "plain", {"Host": "tcp://plain:2375"})
    environment = {"HOME": str(home), "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nowhere"}

    assert asked(environment, context="plain").tls is None


@pytest.mark.parametrize(
    ("environment", "flags", "origin"),
    [
        ({}, {"context": "fra"}, "from --context"),
        ({"DOCKER_CONTEXT": "fra"}, {}, "from DOCKER_CONTEXT"),
        ({}, {}, "the current one"),
    ],
)
def test_a_context_that_does_not_exist_is_told_with_who_asked_for_it_and_with_those_that_do(
    home: Path, environment: dict[str, str], flags: dict[str, Any], origin: str
) -> None:
    settings(home, currentContext="fra")

    with pytest.raises(EngineError) as caught:
        asked({"HOME": str(home), **environment}, **flags)

    assert caught.value.message == f"docker context 'fra' ({origin}) does not exist"
    assert caught.value.help == "did you mean 'far'? there are: default, far, secure"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{nonsense", "cannot be read: .*meta.json: expecting property name"),
        ("[]", "names no Docker Engine"),
        ('{"Endpoints": {"kubernetes": {}}}', "names no Docker Engine"),
    ],
)
def test_a_context_that_is_broken_is_told(home: Path, text: str, message: str) -> None:
    (home / ".docker" / "contexts" / "meta" / digest("far") / "meta.json").write_text(text)

    with pytest.raises(EngineError, match=rf"docker context 'far' \(from --context\) {message}"):
        asked({"HOME": str(home)}, context="far")


def test_a_broken_configuration_is_as_none(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / ".docker" / "config.json").write_text("{nonsense")

    assert resolve({"HOME": str(tmp_path)}).url == "unix:///var/run/docker.sock"


def test_tls_is_verified_when_the_variable_says_so(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    environment = {
        "DOCKER_HOST": "tcp://there:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(tmp_path),
    }

    assert resolve(environment).tls == Tls(ca=str(tmp_path / "ca.pem"), verify=True)


def test_tls_alone_believes_any_engine(tmp_path: Path) -> None:
    environment = {
        "DOCKER_HOST": "tcp://there:2376",
        "DOCKER_TLS": "1",
        "DOCKER_CERT_PATH": str(tmp_path),
    }

    assert resolve(environment).tls == Tls(verify=False)


@pytest.mark.parametrize(
    ("variables", "flags", "tls"),
    [
        ({"DOCKER_TLS": "1"}, {}, False),
        ({"DOCKER_TLS_VERIFY": "1"}, {}, True),
        ({"DOCKER_TLS_VERIFY": "0"}, {}, True),  # any text is, for the docker program too
        ({}, {"tls": True}, False),
        ({}, {"verify": True}, True),
        ({}, {"verify": False}, False),
        ({"DOCKER_TLS_VERIFY": "1"}, {"verify": False}, False),
        ({"DOCKER_TLS": "1"}, {"tls": False}, None),
        ({"DOCKER_TLS_VERIFY": "1"}, {"tls": False}, True),
        ({}, {"ca": "ca.pem"}, None),
        ({}, {}, None),
    ],
)
def test_flags_for_tls_win_over_variables(
    tmp_path: Path, variables: dict[str, str], flags: dict[str, Any], tls: bool | None
) -> None:
    (tmp_path / "ca.pem").touch()
    environment = {"DOCKER_CERT_PATH": str(tmp_path), **variables}

    found = asked(environment, hosts=("tcp://there:2376",), **flags).tls

    assert (found and found.verify) == tls


def test_flags_name_the_files_for_tls(tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem", "cert.pem"):
        (tmp_path / name).touch()
    environment = {"DOCKER_CERT_PATH": str(tmp_path), "DOCKER_TLS_VERIFY": "1"}
    ca, key = str(tmp_path / "a.pem"), f"'{tmp_path / 'b.pem'}'"

    found = asked(environment, hosts=("tcp://there",), ca=ca, key=key)

    assert found.tls == Tls(ca, str(tmp_path / "cert.pem"), str(tmp_path / "b.pem"))


@pytest.mark.parametrize(
    "flags", [{"verify": True}, {"tls": True, "cert": "none.pem"}, {"tls": True, "ca": "none.pem"}]
)
def test_files_for_tls_that_are_missing_are_told(tmp_path: Path, flags: dict[str, Any]) -> None:
    environment = {"DOCKER_CERT_PATH": str(tmp_path)}

    with pytest.raises(EngineError, match=r"TLS needs .*\.pem, which does not exist"):
        asked(environment, hosts=("tcp://there",), **flags)


def test_files_for_tls_that_cannot_be_looked_at_are_not_taken_for_missing(
    tmp_path: Path, home: Path
) -> None:
    certificates = home / ".docker" / "contexts" / "tls" / digest("secure") / "docker"
    (tmp_path / "key.pem").symlink_to("key.pem")
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certificates / name).unlink()
        (certificates / name).symlink_to(name)

    with pytest.raises(EngineError, match=r"ca\.pem, which cannot be read: too many levels"):
        asked({"HOME": str(home)}, context="secure")
    with pytest.raises(EngineError, match=r"key\.pem, which cannot be read: too many levels"):
        asked({"DOCKER_CERT_PATH": str(tmp_path)}, hosts=("tcp://there",), tls=True)


def test_only_true_believes_any_engine(home: Path) -> None:
    make_context(home, "text", {"Host": "tcp://text", "SkipTLSVerify": "false"})

    assert asked({"HOME": str(home)}, context="text").tls is None


def test_with_tls_and_no_host_the_engine_is_the_local_one_with_tls(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    environment = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}

    assert asked(environment).url == "tcp://localhost:2376"


def test_a_socket_needs_no_tls_and_no_files_for_it(tmp_path: Path) -> None:
    environment = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}

    assert asked(environment, hosts=("unix:///x.sock",)).tls is None


def test_another_directory_of_docker_may_be_named(tmp_path: Path, home: Path) -> None:
    settings(home, currentContext="far", HttpHeaders={"X-Of": "home"})
    environment = {"HOME": str(tmp_path / "other"), "DOCKER_CONFIG": "/nowhere"}

    found = asked(environment, config=str(home / ".docker"))

    assert (found.url, found.headers) == ("ssh://me@far", {"X-Of": "home"})
    assert found.variables["DOCKER_CONFIG"] == found.config == str(home / ".docker")


def test_the_docker_program_is_pointed_at_the_same_engine(home: Path) -> None:
    environment = {"HOME": str(home)}

    assert asked(environment, hosts=("tcp://x:1",)).variables == {
        "DOCKER_HOST": "tcp://x:1",
        "DOCKER_CONTEXT": "",
        "DOCKER_TLS": "",
        "DOCKER_TLS_VERIFY": "",
    }
    assert asked(environment, context="far").variables == {
        "DOCKER_HOST": "",
        "DOCKER_CONTEXT": "far",
    }


@pytest.mark.parametrize("verify", [True, False])
def test_the_docker_program_is_given_the_same_certificates(tmp_path: Path, verify: bool) -> None:
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    environment = {"DOCKER_CERT_PATH": str(tmp_path)}

    found = asked(environment, hosts=("tcp://x:1",), tls=True, verify=verify).variables

    assert found == {
        "DOCKER_HOST": "tcp://x:1",
        "DOCKER_CONTEXT": "",
        "DOCKER_TLS": "1",
        "DOCKER_TLS_VERIFY": "1" if verify else "",
        "DOCKER_CERT_PATH": str(tmp_path),
    }


def test_certificates_of_any_name_are_gathered_for_programs_that_know_three(
    tmp_path: Path,
) -> None:
    for name in ("ours.crt", "cert.pem", "secret.key"):
        (tmp_path / name).write_text(name)
    ca, cert, key = (str(tmp_path / name) for name in ("ours.crt", "cert.pem", "secret.key"))

    assert Tls(ca, cert, key).directory == ""
    directory = Path(gathered(Tls(ca, cert, key)))
    texts = {path.name: path.read_text() for path in directory.iterdir()}
    shutil.rmtree(directory)
    assert texts == {"ca.pem": "ours.crt", "cert.pem": "cert.pem", "key.pem": "secret.key"}


def test_headers_of_the_configuration_are_sent(tmp_path: Path) -> None:
    settings(tmp_path, HttpHeaders={"X-Token": "t"})

    assert resolve({"HOME": str(tmp_path)}).headers == {"X-Token": "t"}


def test_headers_of_the_variable_replace_them(tmp_path: Path) -> None:
    settings(tmp_path, HttpHeaders={"X-Token": "t"})
    listed = {"HOME": str(tmp_path), "DOCKER_CUSTOM_HEADERS": 'A=1,"B=x,y"'}

    assert resolve(listed).headers == {"A": "1", "B": "x,y"}
    with pytest.raises(EngineError, match="DOCKER_CUSTOM_HEADERS has 'A', which is no KEY=VALUE"):
        resolve({"DOCKER_CUSTOM_HEADERS": "A"})
    with pytest.raises(EngineError, match="DOCKER_CUSTOM_HEADERS is no list of KEY=VALUE"):
        resolve({"DOCKER_CUSTOM_HEADERS": '"a=b'})


@pytest.mark.parametrize("value", ["日本", "a\nb"])
def test_headers_that_cannot_be_sent_are_refused(tmp_path: Path, value: str) -> None:
    settings(tmp_path, HttpHeaders={"X-Token": value})

    with pytest.raises(EngineError, match="header 'X-Token' has a character that cannot be sent"):
        resolve({"HOME": str(tmp_path)})


PROXIES = {
    "default": {
        "httpProxy": "http://p:1",
        "httpsProxy": "",
        "noProxy": "a,b",
        "allProxy": "socks://p",
    },
    "tcp://there:2375": {"ftpProxy": "ftp://p:2"},
}


def test_proxies_of_the_configuration_are_called_by_both_names(tmp_path: Path) -> None:
    settings(tmp_path, proxies=PROXIES)

    assert resolve({"HOME": str(tmp_path)}).proxies == {
        "ALL_PROXY": "socks://p",
        "HTTP_PROXY": "http://p:1",
        "NO_PROXY": "a,b",
        "all_proxy": "socks://p",
        "http_proxy": "http://p:1",
        "no_proxy": "a,b",
    }


def test_an_engine_may_have_proxies_of_its_own(tmp_path: Path) -> None:
    settings(tmp_path, proxies=PROXIES)

    there = resolve({"HOME": str(tmp_path), "DOCKER_HOST": "tcp://there:2375"})

    assert there.proxies == {"FTP_PROXY": "ftp://p:2", "ftp_proxy": "ftp://p:2"}


@pytest.mark.parametrize("proxies", [None, [], {"default": None}, {"default": "p"}])
def test_proxies_that_make_no_sense_are_none(tmp_path: Path, proxies: object) -> None:
    settings(tmp_path, proxies=proxies)

    assert resolve({"HOME": str(tmp_path)}).proxies == {}
