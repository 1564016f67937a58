"""Keys that are kept: only the user can read them, and only their server gets them."""

from __future__ import annotations

import stat

import pytest

from minicpm_tui.backends.keys import choose_key
from minicpm_tui.backends.saved_keys import keys_path, save_key
from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.errors import ConfigError

URL = "http://box:8000"


def test_a_saved_key_goes_to_its_server_alone(home: object) -> None:
    path = save_key(URL, "secret")
    save_key("http://other:8000", "another")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    environment = {"MINICPM_TUI_API_KEY": "general"}
    assert choose_key(URL, Settings(), environment) == "secret"
    assert choose_key("http://third:8000", Settings(), environment) == "general"


def test_what_the_settings_say_of_a_server_goes_before_a_saved_key(home: object) -> None:
    save_key(URL, "secret")
    settings = Settings(servers=(Endpoint(URL, api_key="theirs"),))
    assert choose_key(URL, settings, {}) == "theirs"


def test_a_damaged_file_is_named(home: object) -> None:
    save_key(URL, "secret").write_text("{")
    with pytest.raises(ConfigError, match=str(keys_path())):
        choose_key(URL, Settings(), {})
