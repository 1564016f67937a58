"""What other programs keep comes over with pictures, branches and reasoning; what does not is said."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.messages import ImagePart, media_of
from minicpm_tui.sessions.importer import import_sessions
from minicpm_tui.sessions.journal import Journal


def png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(data, "PNG")
    return data.getvalue()


PNG = png()
BASE64 = base64.b64encode(PNG).decode()
URL = f"data:image/png;base64,{BASE64}"


def imported(path: Path, content: Any = None) -> tuple[Journal, list[str]]:
    said: list[str] = []
    if content is not None:
        path.write_text(json.dumps(content))
    [session_id] = import_sessions(path, say=said.append)
    return Journal.open(session_id, read_only=True), said


def turns(journal: Journal) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in journal.tree.path()]


def picture(journal: Journal) -> bytes:
    """The bytes of the only picture of the first message."""
    [part] = media_of(journal.tree.path()[0].content)
    assert isinstance(part, ImagePart)
    assert (part.width, part.height) == (40, 30)
    assert part.sha256
    return journal.blobs.read(part.sha256)


@pytest.mark.parametrize(
    "asked",
    [
        {"content": "What?", "images": [BASE64]},
        {"content": "What?", "images": [URL]},
        {"content": [{"type": "image", "image": URL}, {"type": "text", "text": "What?"}]},
        {"content": [{"image": URL}, {"text": "What?"}]},
        {
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BASE64}},
                {"type": "text", "text": "What?"},
            ]
        },
        {"content": [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": URL}]},
    ],
    ids=["ollama", "ollama-url", "qwen", "qwen-untyped", "anthropic", "responses"],
)
def test_pictures_of_every_api_are_kept(tmp_path: Path, asked: dict[str, Any]) -> None:
    answer = {"role": "assistant", "content": [{"type": "output_text", "text": "A red one."}]}
    journal, said = imported(tmp_path / "x.json", [{"role": "user", **asked}, answer])
    assert turns(journal) == [("user", "What?"), ("assistant", "A red one.")]
    assert picture(journal) == PNG
    assert not said


def test_a_whole_response_of_openai_is_read(tmp_path: Path) -> None:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]},
    ]
    journal, said = imported(tmp_path / "x.json", {"model": "m", "instructions": "Be brief.", "input": "Hello", "output": output})
    assert turns(journal) == [("user", "Hello"), ("assistant", "Hi.")]
    assert journal.settings == {"model": "m", "system": "Be brief."}
    assert "reasoning" in said[0]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    content = [{"type": "input_audio", "input_audio": {}}, {"type": "input_audio"}, {"type": "image", "image": "/etc/passwd"}]
    journal, said = imported(tmp_path / "x.json", [{"role": "user", "content": content}])
    assert journal.tree.path()[0].text == "[input_audio]\n[input_audio]\n[/etc/passwd]"
    assert "2 × input_audio, /etc/passwd" in said[0]


def openwebui() -> dict[str, Any]:
    def message(name: str, parent: str | None, role: str, content: str, **more: object) -> dict[str, Any]:
        return {"id": name, "parentId": parent, "role": role, "content": content, "timestamp": 1700000000, **more}

    files = [{"type": "image", "url": URL}, {"type": "file", "name": "notes.pdf", "url": "abc"}]
    thought = '<details type="reasoning">\n<summary>T</summary>\n&gt; It is\n&gt; red.\n</details>\nA red one.'
    messages = [
        message("b", "a", "assistant", thought, model="minicpm-v"),
        message("a", None, "user", "What?", files=files),
        message("b2", "a", "assistant", "A blue one."),
        message("c", "b", "user", "Sure?"),
    ]
    history = {"currentId": "c", "messages": {each["id"]: each for each in messages}}
    return {"id": "c1", "title": "Red", "created_at": 1700000000, "chat": {"models": ["minicpm-v"], "history": history}}


def test_open_webui(tmp_path: Path) -> None:
    journal, said = imported(tmp_path / "x.json", [openwebui()])
    assert turns(journal) == [("user", "What?\n[notes.pdf]"), ("assistant", "A red one."), ("user", "Sure?")]
    assert picture(journal) == PNG
    assert journal.title == "Red"
    assert journal.tree.path()[1].reasoning == "It is\nred."
    assert sorted(message.text for message in journal.tree.messages.values() if message.role == "assistant") == [
        "A blue one.",
        "A red one.",
    ]
    assert "notes.pdf" in said[0]
    again, said = imported(tmp_path / "x.json")
    assert again.id == journal.id
    assert "here already" in said[0]


def chatgpt(name: str) -> dict[str, Any]:
    def node(parent: str | None, role: str, kind: str, **content: object) -> dict[str, Any]:
        message = {"author": {"role": role}, "content": {"content_type": kind, **content}, "metadata": {}}
        return {"parent": parent, "message": message}

    pointer = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-AB12"}
    gone = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_gone"}
    mapping = {
        "root": {"parent": None, "message": None},
        "s": node("root", "system", "text", parts=[""]),
        "a": node("s", "user", "multimodal_text", parts=[pointer, gone, "What?"]),
        "t": node("a", "assistant", "thoughts", thoughts=[{"content": "It is red."}]),
        "b": node("t", "assistant", "text", parts=["A red one."]),
    }
    return {"id": name, "title": name, "create_time": 1700000000.5, "current_node": "b", "mapping": mapping}


def test_chatgpt(tmp_path: Path) -> None:
    (tmp_path / "file-AB12-red.png").write_bytes(PNG)
    (tmp_path / "conversations.json").write_text(json.dumps([chatgpt("one"), chatgpt("two")]))
    said: list[str] = []
    found = import_sessions(tmp_path / "conversations.json", say=said.append)
    assert [Journal.open(each, read_only=True).title for each in found] == ["one", "two"]
    journal = Journal.open(found[0], read_only=True)
    assert turns(journal) == [("user", "[file_gone]\nWhat?"), ("assistant", "A red one.")]
    assert journal.tree.path()[1].reasoning == "It is red."
    assert picture(journal) == PNG
    assert len([line for line in said if "file_gone" in line]) == 2


@pytest.mark.parametrize("nested", [True, False])
def test_librechat(tmp_path: Path, nested: bool) -> None:
    first = {
        "messageId": "a",
        "parentMessageId": "00000000-0000-0000-0000-000000000000",
        "isCreatedByUser": True,
        "text": "What?",
    }
    second: dict[str, Any] = {"messageId": "b", "parentMessageId": "a", "isCreatedByUser": False}
    second["content"] = [{"type": "think", "think": "Hm."}, {"type": "text", "text": {"value": "A red one."}}]
    messages = [{**first, "children": [second]}] if nested else [first, second]
    export = {"conversationId": "x", "title": "Red", "options": {"model": "m"}, "messages": messages}
    journal, said = imported(tmp_path / "x.json", export)
    assert turns(journal) == [("user", "What?"), ("assistant", "A red one.")]
    assert journal.tree.path()[1].reasoning == "Hm."
    assert not said


def test_lm_studio(tmp_path: Path) -> None:
    (tmp_path / "user-files").mkdir()
    (tmp_path / "conversations").mkdir()
    (tmp_path / "user-files" / "17 - red.png").write_bytes(PNG)
    file = {"type": "file", "fileIdentifier": "17 - red.png", "fileType": "image"}
    asked = {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "What?"}, file]}
    steps = [
        {"type": "contentBlock", "style": {"type": "thinking"}, "content": [{"type": "text", "text": "Hm."}]},
        {"type": "contentBlock", "content": [{"type": "text", "text": "A red one."}]},
        {"type": "debugInfoBlock", "debugInfo": "x"},
    ]
    other = {"type": "multiStep", "role": "assistant", "steps": []}
    answered = {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": "minicpm"}, "steps": steps}
    messages = [{"versions": [asked], "currentlySelected": 0}, {"versions": [answered, other], "currentlySelected": 0}]
    export = {"name": "Red", "createdAt": 1700000000000, "systemPrompt": "Be brief.", "messages": messages}
    journal, _said = imported(tmp_path / "conversations" / "1.conversation.json", export)
    assert turns(journal) == [("user", "What?"), ("assistant", "A red one.")]
    assert journal.tree.path()[1].reasoning == "Hm."
    assert journal.settings["system"] == "Be brief."
    assert picture(journal) == PNG


def database(path: Path, script: str, *rows: tuple[str, tuple[object, ...]]) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(script)
        for statement, values in rows:
            db.execute(statement, values)
        db.commit()
    return path


LLM = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT,
  conversation_id TEXT, datetime_utc TEXT);
CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
INSERT INTO conversations VALUES ('c', 'Red', 'm');
INSERT INTO responses VALUES ('r1', 'm', 'What?', 'Be brief.', 'A red one.', 'c', '2025-01-01T10:00:00');
INSERT INTO responses VALUES ('r2', 'm', 'Sure?', NULL, 'Yes.', 'c', '2025-01-01T10:01:00');
INSERT INTO prompt_attachments VALUES ('r1', 'a', 0), ('r2', 'b', 0);
INSERT INTO attachments VALUES ('b', 'image/png', '/home/me/b.png', NULL, NULL);
"""


def test_logs_of_llm(tmp_path: Path) -> None:
    row = ("INSERT INTO attachments VALUES ('a', 'image/png', NULL, NULL, ?)", (PNG,))
    journal, said = imported(database(tmp_path / "logs.db", LLM, row))
    assert turns(journal) == [
        ("user", "What?"),
        ("assistant", "A red one."),
        ("user", "Sure?\n[/home/me/b.png]"),
        ("assistant", "Yes."),
    ]
    assert picture(journal) == PNG
    assert journal.settings == {"model": "m", "system": "Be brief."}
    assert "/home/me/b.png" in said[0]


def test_the_store_of_oterm(tmp_path: Path) -> None:
    script = """CREATE TABLE chat (id INTEGER PRIMARY KEY, name TEXT, model TEXT, system TEXT);
    CREATE TABLE message (id INTEGER PRIMARY KEY, chat_id INTEGER, author TEXT, text TEXT, images TEXT);
    INSERT INTO chat VALUES (1, 'Red', 'minicpm-v', 'Be brief.'); INSERT INTO chat VALUES (2, 'Empty', 'm', NULL);
    INSERT INTO message VALUES (2, 1, 'assistant', 'A red one.', '[]');"""
    row = ("INSERT INTO message VALUES (1, 1, 'user', 'What?', ?)", (json.dumps([BASE64]),))
    journal, _said = imported(database(tmp_path / "store.db", script, row))
    assert turns(journal) == [("user", "What?"), ("assistant", "A red one.")]
    assert picture(journal) == PNG
    assert journal.settings["system"] == "Be brief."


def test_other_and_damaged_databases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionDamaged, match="cannot be imported"):
        import_sessions(database(tmp_path / "other.db", "CREATE TABLE x (y)"))
    (tmp_path / "cut.db").write_bytes(database(tmp_path / "logs.db", LLM).read_bytes()[:3000])
    with pytest.raises(SessionDamaged, match="cannot be imported"):
        import_sessions(tmp_path / "cut.db")
