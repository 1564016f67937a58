"""Addresses, keys and proxies: what users type, and what goes where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.address import credentials, is_loopback, normalise, without_credentials
from minicpm_tui.backends.keys import choose_key
from minicpm_tui.backends.proxies import proxy_for
from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.errors import ConfigError, UsageError


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("gpu:8000", "http://gpu:8000"),
        ("8000", "http://127.0.0.1:8000"),
        (":8000", "http://127.0.0.1:8000"),
        (" http://gpu:8000/ ", "http://gpu:8000"),
        ("http://gpu:8000/v1", "http://gpu:8000"),
        ("http://gpu:8000/v1/", "http://gpu:8000"),
        ("http://gpu:8000/v1/chat/completions", "http://gpu:8000"),
        ("https://example.org/vllm/v1", "https://example.org/vllm"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("GPU.example.org", "http://gpu.example.org"),
        ("http://user:pw@gpu:8000/v1", "http://gpu:8000"),
        ("user@gpu:8000", "http://gpu:8000"),
        ("unix:/run/vllm.sock", "unix:/run/vllm.sock"),
        ("unix:///run/vllm.sock", "unix:/run/vllm.sock"),
    ],
)
def test_what_users_type_becomes_a_root(typed: str, root: str) -> None:
    assert normalise(typed) == root
    assert normalise(root) == root


@pytest.mark.parametrize(
    "typed", ["", "ftp://gpu", "http://", "gpu:port", "gpu:99999", "two words", "http://user:pw@", "http://[::1", "unix:"]
)
def test_what_is_no_address_is_said(typed: str) -> None:
    with pytest.raises(UsageError, match="host:port"):
        normalise(typed)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        root = normalise(text)
    except UsageError:
        return
    assert root.startswith(("http://", "https://", "unix:/"))
    assert not root.endswith("/") or root == "unix:/"


def test_a_password_in_an_address_is_a_key_and_is_never_shown() -> None:
    assert credentials("http://me:p%40ss@gpu:8000/v1") == "Basic bWU6cEBzcw=="
    assert credentials("http://gpu:8000") == credentials("unix:/a@b") == ""
    assert without_credentials("https://me:secret@gpu:8000/v1") == "https://gpu:8000/v1"
    assert without_credentials("me:secret@gpu:8000") == "gpu:8000"
    with pytest.raises(UsageError) as raised:
        normalise("ftp://me:secret@gpu")
    assert "secret" not in str(raised.value)


def test_the_settings_address_may_hold_the_key() -> None:
    assert choose_key(REMOTE, Settings(url="http://me:pw@gpu:8000"), {}) == "Basic bWU6cHc="
    assert (
        choose_key(REMOTE, Settings(servers=(Endpoint(url="me:pw@gpu:8000"),)), {"MINICPM_TUI_API_KEY": "x"}) == "Basic bWU6cHc="
    )
    assert choose_key(LOCAL, Settings(url="http://me:pw@gpu:8000"), {}) == ""


def test_this_machine_is_known_by_its_names() -> None:
    assert all(is_loopback(f"http://{host}:1") for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0"))
    assert not any(is_loopback(f"http://{host}:1") for host in ("gpu", "10.0.0.1", "localhost.example.org", "127.0.0.1.nip.io"))


LOCAL, REMOTE = "http://127.0.0.1:8000", "http://gpu:8000"


def test_keys_go_where_they_belong_in_this_order() -> None:
    environ = {"MINICPM_TUI_API_KEY": "ours", "VLLM_API_KEY": "local", "OPENAI_API_KEY": "secret", "MINE": "mine"}
    entry = Settings(servers=(Endpoint(url="gpu:8000/v1", api_key="entry"),))
    assert choose_key(REMOTE, Settings(api_key_env="MINE"), environ, own_key="own") == "mine"
    assert choose_key(REMOTE, entry, environ, own_key="own") == "own"
    assert choose_key(REMOTE, entry, environ) == "entry"
    assert choose_key(LOCAL, entry, environ) == "ours"
    del environ["MINICPM_TUI_API_KEY"]
    assert choose_key(LOCAL, Settings(), environ) == "local"
    assert choose_key(REMOTE, Settings(), environ) == ""


def test_the_openai_key_is_sent_only_where_the_configuration_says() -> None:
    environ = {"OPENAI_API_KEY": "secret"}
    assert choose_key(REMOTE, Settings(), environ) == ""
    assert choose_key(REMOTE, Settings(servers=(Endpoint(url=REMOTE, api_key_env="OPENAI_API_KEY"),)), environ) == "secret"


def test_an_unset_variable_and_an_unusable_key_are_said() -> None:
    with pytest.raises(ConfigError, match="NOPE is not set"):
        choose_key(REMOTE, Settings(api_key_env="NOPE"), {})
    with pytest.raises(ConfigError, match="characters that cannot be sent"):
        choose_key(REMOTE, Settings(), {"MINICPM_TUI_API_KEY": "schlüssel"})
    assert choose_key(REMOTE, Settings(), {"MINICPM_TUI_API_KEY": "key\n"}) == "key"


def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "me:secret@proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "inside.example.org")
    assert proxy_for(LOCAL) is None
    assert proxy_for("http://localhost:8000") is None
    assert proxy_for("unix:/run/vllm.sock") is None
    assert proxy_for("http://inside.example.org") is None
    proxy = proxy_for(REMOTE)
    assert proxy is not None
    assert (proxy.url, proxy.variable) == ("http://me:secret@proxy.example.org:3128", "http_proxy")
    assert str(proxy) == "http://proxy.example.org:3128"


@pytest.mark.parametrize(
    ("value", "direct", "proxied"),
    [
        ("10.0.0.0/8, 192.168.7.0/24", ["10.1.2.3", "192.168.7.9"], ["11.1.2.3", "192.168.8.9", "10.example.org"]),
        ("10.1.2.3", ["10.1.2.3"], ["10.1.2.30"]),
        ("fd00::/8", ["[fd00::1]"], ["[fe00::1]"]),
        (".example.org", ["gpu.example.org", "example.org"], ["myexample.org"]),
        ("example.org.", ["gpu.Example.org", "example.org."], ["example.com"]),
        ("gpu:8000", ["gpu:8000"], ["gpu:8001"]),
        ("*", ["gpu", "10.1.2.3"], []),
        ("no such thing/99", [], ["gpu", "10.1.2.3"]),
        ("", [], ["gpu", "10.1.2.3"]),
    ],
)
def test_no_proxy_is_read_as_curl_reads_it(
    value: str, direct: list[str], proxied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy:3128")
    monkeypatch.setenv("NO_PROXY", value)
    assert all(proxy_for(f"http://{host}") is None for host in direct)
    assert all(proxy_for(f"http://{host}") is not None for host in proxied)
