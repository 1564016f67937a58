"""What the list knows of a journal is what the session says when it is opened, whatever is in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.messages import media_of
from minicpm_tui.sessions.ids import JOURNAL
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.summary import summarise

HEADER = {"format": "minicpm-tui-session", "version": 1, "id": "x", "created": "2026-01-01T00:00:00Z"}
WORDS = {"type": "text", "text": "cats?"}
ASKED = {"kind": "message", "t": 1, "id": "u", "parent": None, "role": "user", "content": [WORDS], "at": ""}
BEGUN = {"kind": "message", "t": 0.5, "id": "a", "parent": "u", "role": "assistant", "content": [], "at": "", "model": "M"}
ARRIVED = [[0.1, "reasoning", "hm"], [0.2, "content", "two "], [0.2, "content", "cats"]]
PIECES = {"kind": "delta", "t": 0.5, "id": "a", "pieces": ARRIVED}
ENDED = {"kind": "end", "t": 0, "id": "a", "finish_reason": "stop", "usage": None}
PICTURE = {"type": "image", "name": "cat.jpg", "sha256": "ab" * 32}
TALK: list[Any] = [HEADER, ASKED, BEGUN, PIECES, ENDED]


@pytest.mark.parametrize(
    "lines",
    [
        TALK,
        [HEADER, {**ASKED, "content": [{"type": "text", "text": "a"}, PICTURE, {"type": "text", "text": "b"}]}],
        [HEADER, {**ASKED, "content": [PICTURE]}, {**BEGUN, "content": [PICTURE, {"type": "text", "text": "so: "}]}, PIECES],
        [HEADER, ASKED, {**ASKED, "content": [{"type": "text", "text": "an id that is taken"}]}, BEGUN, PIECES],
        [HEADER, ASKED, PIECES, {**PIECES, "id": "u"}, {**ENDED, "id": "lost"}],
        [*TALK, {"kind": "title", "t": 2, "text": " Two\ncats "}, {"kind": "settings", "t": 1, "model": "N", "top_p": 1}],
        [HEADER, {"kind": "settings", "t": 1, "model": "N"}, {"kind": "settings", "t": 1, "top_p": 1}, ASKED],
        [*TALK, {"kind": "select", "t": -5, "id": "u"}, {"kind": "open", "t": 1e12, "at": "2026-01-02T00:00:00Z"}],
        [*TALK, {"kind": "from the future", "t": 3}],
        [*TALK, {**PIECES, "pieces": [["soon", "content", "!"]]}],
        [ASKED, BEGUN, PIECES, HEADER],
        [{**HEADER, "created": 7}, *TALK[1:]],
        [HEADER, {**ASKED, "content": "bare", "t": None}, {**BEGUN, "model": 7}, PIECES],
        [HEADER, b"", b"no json", *TALK[1:], b'{"kind":"delta","t":1,"id":"a","pieces":[[0,"content","torn'],
        [HEADER, json.dumps(ASKED).encode() + json.dumps(BEGUN).encode(), PIECES],
        [HEADER, json.dumps(ASKED).replace("cats", "\ud83d cats", 1).encode("utf-8", "surrogatepass"), BEGUN, PIECES],
        [HEADER, {**ASKED, "content": [{"type": "text", "text": "long " * 9000}]}, BEGUN, *[PIECES] * 500],
    ],
)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_list_says_what_the_session_says(tmp_path: Path, lines: list[Any], newline: bytes) -> None:
    folder = tmp_path / "20260101-000000-abcd"
    folder.mkdir()
    written = (line if isinstance(line, bytes) else json.dumps(line, separators=(",", ":")).encode() for line in lines)
    (folder / JOURNAL).write_bytes(newline.join([*written, b""]))
    found = summarise(folder)
    assert found is not None
    info, documents = found
    with Journal.open(folder, read_only=True) as journal:
        messages = journal.tree.messages.values()
        assert info.title == journal.title
        assert [(each.message, each.text) for each in documents[1:]] == [
            (each.id, "\n".join([each.text, *(part.name for part in media_of(each.content))])) for each in messages
        ]
        assert info.turns == sum(each.role == "user" for each in messages)
        assert info.attachments == sum(len(media_of(each.content)) for each in messages)
        models = [each.model for each in messages if each.model]
        assert info.model == (models[-1] if models else journal.settings.get("model"))
