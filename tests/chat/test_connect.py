"""Which server and model a conversation gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from minicpm_tui.chat import connect as connecting
from minicpm_tui.chat.connect import Target, connect
from minicpm_tui.config import Config, Settings, load
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import BackendError, ModelNotFound, StorageError, UsageError
from minicpm_tui.servers import registry
from minicpm_tui.servers.local import LocalServer


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0, api_key="own", model="MiniCPM-V-4_5")) as running:
        yield running


@pytest.fixture
def ours(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> LocalServer:
    """The demo server, as if it were a vLLM that this program started."""
    local = LocalServer(
        id="abc",
        pid=1,
        url=server.url,
        model=server.model,
        folder="/models/v",
        key="own",
        started=0.0,
        ready_at=1.0,
        state="ready",
        log=Path("/log"),
        argv=(
            "vllm",
            "serve",
            "/models/v",
            "--limit-mm-per-prompt",
            '{"image": 5}',
            "--media-io-kwargs",
            '{"video": {"num_frames": 16}}',
        ),
    )
    monkeypatch.setattr(connecting, "any_recorded", lambda: True)
    monkeypatch.setattr(registry, "running", lambda: [local])
    return local


def configured(url: str) -> Config:
    return Config(Settings(url=url), {"url": "file"}, Path("config.toml"))


async def test_our_server_is_found_with_its_key_and_limits(ours: LocalServer) -> None:
    connection = await connect(load({}), environ={})
    try:
        assert (connection.url, connection.model, connection.ours) == (ours.url, ours.model, True)
        assert connection.limits == {"image": 5}
        assert connection.family.id == "minicpm-v-4.5"
        assert connection.max_model_len == 32768
        assert "own" not in repr(connection)
    finally:
        await connection.aclose()


async def test_our_server_goes_before_the_configured_one_but_not_before_a_flag(ours: LocalServer) -> None:
    assert connecting.choose(configured("http://elsewhere:1")).url == ours.url
    assert connecting.choose(load({"url": "elsewhere:1"})).url == "http://elsewhere:1"
    named = connecting.choose(load({"url": ours.url.replace("127.0.0.1", "localhost")}))
    assert named.server == ours


async def test_a_server_that_loads_is_named_when_there_is_no_other(ours: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "running", lambda: [replace(ours, state="loading")])
    with pytest.raises(BackendError, match=r"still loading.*servers logs abc"):
        connecting.choose(load({}))
    assert connecting.choose(configured("elsewhere:1")).url == "http://elsewhere:1"


async def test_without_any_server_the_line_says_what_to_do() -> None:
    with pytest.raises(BackendError, match=r"minicpm-tui serve.*--url.*--demo"):
        connecting.choose(load({}))


async def test_an_unusable_server_folder_is_no_reason_to_fail(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[LocalServer]:
        raise StorageError("read-only")

    monkeypatch.setattr(connecting, "any_recorded", lambda: True)
    monkeypatch.setattr(registry, "running", broken)
    connection = await connect(load({"url": server.url}), environ={"VLLM_API_KEY": "own"})
    await connection.aclose()
    assert not connection.ours


async def test_a_model_that_is_not_there_is_named_with_those_that_are(server: DemoServer) -> None:
    environ = {"MINICPM_TUI_API_KEY": "own"}
    with pytest.raises(ModelNotFound, match=r"nope.*MiniCPM-V-4_5"):
        await connect(load({"url": server.url, "model": "nope"}), environ=environ)
    with pytest.raises(ModelNotFound, match="other"):
        await connect(load({}), target=Target(server.url, "other"), environ=environ)
    preferred = Config(Settings(url=server.url, model="of-another-server"), {"url": "file", "model": "file"}, Path("config.toml"))
    connection = await connect(preferred, environ=environ)
    await connection.aclose()
    assert connection.model == "MiniCPM-V-4_5"


async def test_a_bad_address_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        await connect(load({"url": "ftp://x"}))


async def test_the_demo_starts_answers_and_ends() -> None:
    connection = await connect(load({}), demo=True)
    assert connection.demo is not None
    pid = connection.demo.pid
    assert psutil.pid_exists(pid)
    await connection.aclose()
    assert not psutil.pid_exists(pid)
