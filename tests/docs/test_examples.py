"""What the documents show is true: commands, JSON, settings, themes and presets are tried as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from PIL import Image

from minicpm_tui import config, paths
from minicpm_tui.cli.main import run
from minicpm_tui.cli.root import root
from minicpm_tui.messages import Message
from minicpm_tui.servers import presets
from minicpm_tui.servers.form import Form
from minicpm_tui.sessions import Journal
from minicpm_tui.ui.kit import themes

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
LOG = "ValueError: No available memory for the cache blocks."


def blocks(document: Path, kind: str) -> Iterator[tuple[str, str]]:
    """The rest of the first line and the text of each fenced block of ``kind``."""
    fence = re.compile(rf"^```{kind}\b ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    yield from fence.findall(document.read_text(encoding="utf-8"))


def commands() -> Iterator[tuple[str, str]]:
    """Every ``minicpm-tui …`` line of a shell block, and its document."""
    for document in DOCUMENTS:
        for _title, text in blocks(document, "sh"):
            for line in text.splitlines():
                if match := re.search(r"(?:^|&& )(?:\.venv/bin/)?minicpm-tui\b(.*)", line):
                    yield document.name, match[1]


COMMANDS = sorted(set(commands()))
JSON = list(blocks(ROOT / "docs/formats.md", "json"))


@pytest.mark.parametrize(("document", "words"), COMMANDS)
def test_commands_and_options_exist(document: str, words: str) -> None:
    given = shlex.split(re.sub(r"[\[\]|]", " ", words), comments=True)
    command: click.Command = root
    context = click.Context(root)
    for word in given:
        if word == "--":
            break
        if isinstance(command, click.Group) and word in command.list_commands(context):
            command = command.get_command(context, word) or command
        elif word.startswith("-"):
            assert word in known_options(command), word


def known_options(command: click.Command) -> set[str]:
    options = {name for each in command.params if isinstance(each, click.Option) for name in (*each.opts, *each.secondary_opts)}
    return options | {"--help", "--version"}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """What stands for the names that the examples have in capitals."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (60, 40), "red").save(pictures / "sign.png")
    (tmp_path / "vllm.log").write_text(LOG + "\n")
    assert run(["ask", "--demo", "What is this?"]) == 0
    (session,) = paths.sessions_dir().iterdir()
    return {"ID": session.name, "PICTURES": str(pictures), "OUT": str(tmp_path / "out.jsonl"), "LOG": str(tmp_path / "vllm.log")}


@pytest.mark.parametrize(("command", "shown"), JSON, ids=[command for command, _shown in JSON])
def test_json_looks_as_shown(command: str, shown: str, places: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    run([places.get(word, word) for word in shlex.split(command)[1:]])
    printed = capfd.readouterr().out
    found = json.loads(Path(places["OUT"]).read_text() if "OUT" in command.split() else printed)
    same_shape(json.loads(shown), found, "$")


def same_shape(shown: Any, found: Any, place: str) -> None:
    """Names and types agree; lists are told by their first elements, and anything may be unknown."""
    if shown is None or found is None:
        return
    if isinstance(shown, dict) and shown:
        assert isinstance(found, dict), place
        assert sorted(found) == sorted(shown), place
        for name in shown:
            same_shape(shown[name], found[name], f"{place}.{name}")
    elif isinstance(shown, list):
        assert isinstance(found, list), place
        for each, other in zip(shown[:1], found[:1], strict=False):
            same_shape(each, other, f"{place}[]")
    elif isinstance(shown, int | float) and not isinstance(shown, bool):
        assert isinstance(found, int | float), place
    else:
        assert type(found) is type(shown), place


def test_the_journal_can_be_read_as_shown(tmp_path: Path) -> None:
    ((_title, text),) = blocks(ROOT / "docs/formats.md", "jsonl")
    folder = tmp_path / "20261128-101500-k3fa"
    folder.mkdir()
    (folder / "session.jsonl").write_text(text, encoding="utf-8")
    with Journal.open(folder, read_only=True) as journal:
        path: tuple[Message, ...] = journal.tree.path()
        assert [message.text for message in path] == ["What is this?", "A sign."]
        assert path[1].end is not None
        assert journal.title == "The sign"
        assert not journal.notes
    known = set(re.findall(r'"kind":"(\w+)"', text))
    assert known == set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/formats.md").read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_is_described() -> None:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8").split("## Themes")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE))
    fields = {field.name: field.default for field in msgspec.structs.fields(config.Settings)}
    shown = {name: "not set" if value is None else f"`{json.dumps(value)}`" for name, value in fields.items()}
    assert rows == shown


def test_the_settings_shown_are_taken(home: Path) -> None:
    texts = dict(blocks(ROOT / "docs/configuration.md", "toml"))
    (home / "config" / "themes").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(texts[""])
    settings = config.load().settings
    assert settings.servers[0].api_key_env == "BIG_KEY"
    assert settings.theme in {each.path.stem for each in themes.load_all()}
    (home / "config" / "themes" / "mine.toml").write_text(texts["theme"])
    assert themes.find("mine").problem == ""
    (home / "config" / "presets").mkdir()
    (home / "config" / "presets" / "mine.toml").write_text(texts["preset"])
    assert presets.saved()["mine"] == Form(
        "openbmb/MiniCPM-V-4_5", {"max-model-len": 16384, "gpu-memory-utilization": 0.8}, ("0",), (), "pictures"
    )


def test_every_theme_and_preset_is_named() -> None:
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    for name in [*(path.stem for path in themes.own_folder().glob("*.toml")), *presets.BUILT_IN]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / link).exists(), link
    for path in re.findall(r"`((?:minicpm_tui|tests|themes|docs|\.ci)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
