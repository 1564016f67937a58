"""Addresses, keys and proxies: what users type, and what goes where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.backends.address import is_loopback, normalise
from minicpm_tui.backends.client import proxy_for, without_password
from minicpm_tui.backends.keys import choose_key
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
    ],
)
def test_what_users_type_becomes_a_root(typed: str, root: str) -> None:
    assert normalise(typed) == root
    assert normalise(root) == root


@pytest.mark.parametrize(
    "typed", ["", "ftp://gpu", "http://", "gpu:port", "gpu:99999", "two words", "http://user:pw@gpu", "http://[::1"]
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
    assert root.startswith(("http://", "https://"))
    assert not root.endswith("/")


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
    monkeypatch.setenv("http_proxy", "proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "inside.example.org")
    assert proxy_for(LOCAL) is None
    assert proxy_for("http://localhost:8000") is None
    assert proxy_for("http://inside.example.org") is None
    assert proxy_for(REMOTE) == "http://proxy.example.org:3128"
    assert without_password("http://me:secret@proxy:3128") == "http://proxy:3128"
