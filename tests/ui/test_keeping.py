"""What is kept between two starts: history, drafts, saved prompts, preferences, panes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui import config
from minicpm_tui.errors import ConfigError, NameTaken
from minicpm_tui.ui.app import preferences
from minicpm_tui.ui.composer import drafts, history, prompts
from minicpm_tui.ui.composer.history import History
from minicpm_tui.ui.kit import ui_state


def test_history_goes_back_and_returns_to_the_draft() -> None:
    sent = History(["one", "two"])
    assert sent.newer() is None
    assert [sent.older("draft"), sent.older("two"), sent.older("one")] == ["two", "one", None]
    assert [sent.newer(), sent.newer(), sent.newer()] == ["two", "draft", None]


@given(st.lists(st.text(min_size=1)), st.text())
def test_history_never_loses_the_draft(entries: list[str], draft: str) -> None:
    sent = History(entries)
    back = 0
    while sent.older(draft) is not None:
        back += 1
    assert back == len(entries)
    last = [sent.newer() for _step in range(back)]
    assert not entries or last[-1] == draft


def test_history_is_saved_line_by_line(home: Path) -> None:
    history.save("first\nwith two lines")
    history.save("猫")
    (home / "state" / "history.jsonl").open("a").write('{"torn')
    assert history.load() == ["first\nwith two lines", "猫"]
    assert (home / "state" / "history.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_draft_of_a_program_that_is_gone_is_taken_over_once(home: Path) -> None:
    drafts.save(drafts.Draft("half", ("/a.png",)))
    assert drafts.take_over() is None, "this program still runs"
    (mine,) = (home / "state" / "drafts").iterdir()
    mine.rename(mine.with_name("99999999.json"))
    assert drafts.take_over() == drafts.Draft("half", ("/a.png",))
    assert drafts.take_over() is None


def test_names_that_are_no_utf8_are_kept_exactly(tmp_path: Path, home: Path) -> None:
    name = "/pics/bad\udcff.jpg"
    draft = drafts.Draft("half", (name, "/pics/猫.png"))
    drafts.save(draft)
    (mine,) = (home / "state" / "drafts").iterdir()
    mine.rename(mine.with_name("99999999.json"))
    assert drafts.take_over() == draft
    history.save(f"@{name}")
    assert history.load() == [f"@{name}"]
    shown = tmp_path / "o\udcff"
    shown.mkdir()
    ui_state.save(ui_state.UiState().with_folder(tmp_path, shown))
    assert ui_state.load().folder(tmp_path) == shown
    prompts.save("with a name", f"What is {name}?")
    assert prompts.load() == {"with a name": "What is /pics/bad\ufffd.jpg?"}


def test_an_empty_draft_leaves_nothing(home: Path) -> None:
    drafts.save(drafts.Draft("text"))
    drafts.save(drafts.Draft("  "))
    assert list((home / "state" / "drafts").iterdir()) == []


def test_prompts_by_name_keep_comments_of_the_file(home: Path) -> None:
    prompts.save("describe", "Describe it.\nIn detail.")
    path = home / "config" / "prompts.toml"
    path.write_text("# mine\n" + path.read_text())
    prompts.save("short", "One line.")
    assert prompts.load() == {"describe": "Describe it.\nIn detail.", "short": "One line."}
    prompts.remove("describe")
    assert prompts.load() == {"short": "One line."}
    assert path.read_text().startswith("# mine")


def test_a_prompt_replaces_no_other_unasked(home: Path) -> None:
    path = prompts.save("describe", "Describe it.")
    assert path == home / "config" / "prompts.toml"
    with pytest.raises(NameTaken, match="describe"):
        prompts.save("describe", "Something else.")
    assert prompts.load() == {"describe": "Describe it."}
    prompts.save("describe", "Something else.", overwrite=True)
    assert prompts.load() == {"describe": "Something else."}


def test_a_broken_prompts_file_is_named_and_kept(home: Path) -> None:
    path = home / "config" / "prompts.toml"
    path.parent.mkdir(parents=True)
    path.write_text("broken = ")
    with pytest.raises(ConfigError, match=r"prompts\.toml"):
        prompts.save("x", "y")
    assert path.read_text() == "broken = "


def test_a_preference_changes_one_line_of_the_configuration(home: Path) -> None:
    path = home / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('# my server\nurl = "http://gpu:8000"\n')
    preferences.keep("theme", "tea-garden")
    assert path.read_text().startswith("# my server\n")
    settings = config.load(environ={}).settings
    assert (settings.theme, settings.url) == ("tea-garden", "http://gpu:8000")


def test_panes_and_folders(tmp_path: Path, home: Path) -> None:
    (tmp_path / "pics").mkdir()
    ui_state.save(ui_state.UiState(files=False).with_folder(tmp_path, tmp_path / "pics"))
    known = ui_state.load()
    assert not known.files
    assert known.folder(tmp_path) == tmp_path / "pics"
    (tmp_path / "pics").rmdir()
    assert known.folder(tmp_path) == tmp_path
    (home / "state" / "ui.json").write_text("{torn")
    assert ui_state.load() == ui_state.UiState()


@pytest.mark.parametrize("data", [b"", b'{"text": 3}', b'{"text": "\xff"}'])
def test_a_damaged_draft_is_none(home: Path, data: bytes) -> None:
    drafts.save(drafts.Draft("half"))
    (mine,) = (home / "state" / "drafts").iterdir()
    mine.unlink()
    mine.with_name("999999999.json").write_bytes(data)
    assert drafts.take_over() is None
