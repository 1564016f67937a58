"""How a server is reached beside its address: headers, certificates, a path in front."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from minicpm_tui.access import access_to, remember
from minicpm_tui.backends.client import make_client
from minicpm_tui.backends.tls_errors import tls_error
from minicpm_tui.cli.main import run
from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import ConfigError
from minicpm_tui.redaction import hide
from minicpm_tui.servers import endpoints
from minicpm_tui.servers.doctor import report

GATE = "http://gate:8000/vllm"


async def test_headers_go_to_their_server_alone_and_are_never_shown() -> None:
    entry = Endpoint(f"{GATE}/v1", headers={"X-Tenant": "lab", "X-Secret": "Token ${GATE_TOKEN}"})
    settings = Settings(servers=(entry,))
    remember(GATE, settings, {"GATE_TOKEN": "abcdefgh-secret"})
    remember("http://other", settings, {})
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    for url in (GATE, "http://other"):
        async with make_client(url, "", stall_seconds=5, transport=httpx2.MockTransport(answer)) as client:
            await client.get(f"{url}/v1/models")
    assert (seen[0].headers["x-tenant"], seen[0].headers["x-secret"]) == ("lab", "Token abcdefgh-secret")
    assert "x-secret" not in seen[1].headers
    assert hide("it was abcdefgh-secret") == "it was ***"


@pytest.mark.parametrize("headers", [{"X-Secret": "$NOT_SET"}, {"Bad name": "x"}, {"X": "two\nlines"}, {"Host": "other"}])
def test_a_header_that_cannot_be_sent_is_named(headers: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(headers))):
        remember(GATE, Settings(servers=(Endpoint(GATE, headers=headers),)), {})


def test_the_settings_never_show_what_a_header_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from minicpm_tui.config import config_path

    config_path().parent.mkdir(parents=True, exist_ok=True)
    config_path().write_text('[[servers]]\nurl = "gate"\nheaders = { X-Secret = "hush-hush" }\n')
    assert run(["config", "show"]) == 0
    shown = capsys.readouterr().out
    assert "X-Secret" in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10, "has expired"),
        (9, "not valid yet"),
        (62, "for another host"),
        (64, "for another host"),
        (20, "--cacert"),
        (18, "--cacert"),
        (None, "--client-cert"),
    ],
)
def test_each_fault_of_a_certificate_has_its_own_remedy(code: int | None, words: str) -> None:
    error: ssl.SSLError = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")
    if code is not None:
        error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
        error.verify_code = code
    assert words in str(tls_error([error], "https://gate", "https://gate"))


def test_a_certificate_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    remember("https://gate", Settings(cacert=str(path)), {})
    with pytest.raises(ConfigError, match=r"cacert = .*ca\.pem: it holds no certificate"):
        access_to("https://gate").load_into(ssl.create_default_context())


def test_every_configured_server_is_asked_and_a_silent_one_says_why(server: DemoServer) -> None:
    settings = Settings(url="http://127.0.0.1:9", servers=(Endpoint(server.url, api_key=server.key), Endpoint("127.0.0.1:7")))
    found = {each.url: each for each in report(settings, {}).servers}
    assert found[server.url].model == server.model
    assert found["http://127.0.0.1:9"].silent == "Connection refused"
    assert found["http://127.0.0.1:7"].silent == "Connection refused"


def test_a_header_goes_to_this_machine_by_either_name(server: DemoServer) -> None:
    url = server.url.replace("127.0.0.1", "localhost")
    report(Settings(servers=(Endpoint(url, headers={"X-Tenant": "lab"}),)), {})
    asked = [request for request in server.requests if request.path == "/v1/models"]
    assert asked[-1].headers["x-tenant"] == "lab"


def test_the_path_in_front_of_a_server_is_kept() -> None:
    with serving() as server:
        endpoints.get(f"{server.url}/vllm", "/v1/models")
        assert server.requests[-1].path == "/vllm/v1/models"


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving() as running:
        yield running
