"""Exports of other programs, damaged from a seed: they are read, or refused in one line, and leave nothing behind."""

from __future__ import annotations

import copy
import gzip
import json
import os
import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui import paths
from minicpm_tui.cli.main import run
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.sessions.care import missing
from minicpm_tui.sessions.importer import import_sessions
from minicpm_tui.sessions.journal import Journal
from tests.faults.cases import SEED
from tests.sessions.talk import conversation
from tests.sessions.test_other_programs import LLM, URL, chatgpt, database, openwebui

JUNK: list[Any] = [None, 7, -1e300, True, "", "x\0\x1b[31m", "../../etc/passwd", [], {}, [None], {"a": []}, [[1]], ["x"], 1e18]
CHATS: dict[str, Any] = {
    "open-webui": [openwebui()],
    "chatgpt": [chatgpt("one"), chatgpt("two")],
    "librechat": {
        "conversationId": "x",
        "title": "t",
        "messages": [{"messageId": "a", "text": "q", "children": [{"text": "a"}]}],
    },
    "lm-studio": {
        "name": "n",
        "createdAt": 1,
        "messages": [{"versions": [{"role": "user", "content": [{"type": "text", "text": "q"}]}], "currentlySelected": 0}],
    },
    "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": URL}}], "images": [URL]}],
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in ``value`` with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def check(path: Path) -> None:
    before = set(paths.sessions_dir().glob("*")) if paths.sessions_dir().exists() else set()
    found: list[str] = []
    said = ""
    try:
        found = import_sessions(path)
    except MinicpmTuiError as error:
        said = str(error)
    assert "\n" not in said
    assert bool(found) != bool(said)
    for each in found:
        with Journal.open(each, read_only=True) as journal:
            assert journal.tree.messages
    before |= {paths.sessions_dir() / each for each in found}
    assert set(paths.sessions_dir().glob("*")) <= before


@pytest.mark.parametrize("name", CHATS)
def test_spoilt_exports_are_read_or_refused(tmp_path: Path, name: str) -> None:
    chance = random.Random(SEED)
    for _number in range(25):
        spoilt = copy.deepcopy(CHATS[name])
        for _each in range(chance.randint(1, 3)):
            container, key = chance.choice(places(spoilt) or [([0], 0)])
            container[key] = copy.deepcopy(chance.choice(JUNK))
        (tmp_path / "x.json").write_text(json.dumps(spoilt))
        check(tmp_path / "x.json")


def test_spoilt_archives_are_read_or_refused(tmp_path: Path) -> None:
    archive = tmp_path / "whole.tar.gz"
    assert run(["sessions", "export", conversation().id, "--format", "tar.gz", "-o", str(archive)]) == 0
    chance, plain = random.Random(SEED), gzip.decompress(archive.read_bytes())
    for number in range(30):
        data = bytearray(plain if number % 2 else archive.read_bytes())
        for _each in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = data[: chance.randrange(20, len(data))] if number % 3 == 0 else data
        (tmp_path / "x.tar.gz").write_bytes(gzip.compress(cut) if number % 2 else cut)
        check(tmp_path / "x.tar.gz")


def test_spoilt_databases_are_read_or_refused(tmp_path: Path) -> None:
    chance, whole = random.Random(SEED), database(tmp_path / "logs.db", LLM).read_bytes()
    for _number in range(25):
        data = bytearray(whole)
        for _each in range(20):
            data[chance.randrange(16, len(data))] = chance.randrange(256)
        (tmp_path / "x.db").write_bytes(data[: chance.randrange(100, len(data) + 1)] if chance.random() < 0.3 else data)
        check(tmp_path / "x.db")


@pytest.mark.parametrize("packed", [True, False])
def test_every_session_of_an_archive_is_imported(tmp_path: Path, packed: bool) -> None:
    both = [conversation(), conversation()]
    path = tmp_path / "sessions.tar"
    with tarfile.open(path, "w:gz") if packed else tarfile.open(path, "w") as archive:
        for journal in both:
            assert journal.path is not None
            archive.add(journal.path, journal.id)
            shutil.rmtree(journal.path)
    assert import_sessions(path) == [journal.id for journal in both]
    for journal in both:
        with Journal.open(journal.id, read_only=True) as found:
            assert found.tree == journal.tree
            assert missing(found) == []


def test_a_long_export_does_not_wait_for_the_disk_at_each_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    monkeypatch.setattr(os, "fsync", waits.append)
    said = [{"role": "user" if number % 2 else "assistant", "content": f"word {number}"} for number in range(400)]
    (tmp_path / "chat.json").write_text(json.dumps(said))
    [name] = import_sessions(tmp_path / "chat.json")
    with Journal.open(name, read_only=True) as found:
        assert len(found.tree.messages) == 400
    assert 0 < len(waits) < 20


def test_what_is_nested_too_deep_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(MinicpmTuiError, match="nested too deep"):
        import_sessions(tmp_path / "deep.json")
