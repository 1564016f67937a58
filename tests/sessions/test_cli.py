"""``minicpm-tui sessions`` as a shell user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.sessions.journal import Journal
from tests.sessions.spoiling import spoil
from tests.sessions.talk import MODEL, PICTURE, conversation, question

FIELDS = {"id", "title", "created", "updated", "model", "turns", "attachments", "bytes"}


@pytest.fixture
def session() -> str:
    return conversation().id


def output(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert run(["sessions", *arguments]) == status
    return capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--json"], ["list", "--json"], ["--json", "list"]])
def test_list_has_the_fields_of_the_contract(capsys: pytest.CaptureFixture[str], session: str, arguments: list[str]) -> None:
    (info,) = json.loads(output(capsys, *arguments))
    assert set(info) == FIELDS
    assert (info["id"], info["turns"], info["attachments"]) == (session, 2, 2)


def test_plain_list_is_a_line_a_session_without_control_codes(capsys: pytest.CaptureFixture[str], session: str) -> None:
    with Journal.open(session) as journal:
        journal.set_title("evil \x1b[31m title")
    text = output(capsys)
    assert text.startswith(session)
    assert text.count("\n") == 1
    assert "\x1b" not in text


@pytest.mark.parametrize(("columns", "figures"), [(80, False), (120, True)])
def test_a_terminal_shows_titles_first_and_figures_where_there_is_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, session: str, columns: int, figures: bool
) -> None:
    with Journal.open(session) as journal:
        journal.set_title("short title")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    head, line = output(capsys).splitlines()
    assert head.startswith("ID ")
    assert line.startswith(session)
    assert "short title" in line
    assert (MODEL.rsplit("/", 1)[-1] in line) == figures


def test_no_sessions_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(output(capsys, "list", "--json")) == []


def test_search_adds_message_and_snippet(capsys: pytest.CaptureFixture[str], session: str) -> None:
    (hit,) = json.loads(output(capsys, "search", "red", "sofa", "--json"))
    assert set(hit) == FIELDS | {"message", "snippet"}
    assert (hit["id"], hit["message"]) == (session, "a1")
    assert json.loads(output(capsys, "search", "猫", "--json"))[0]["message"] == "u1"
    assert json.loads(output(capsys, "search", "nowhere", "--json")) == []


@pytest.mark.parametrize("table", ["session", "chunk", "words_data"])
def test_a_search_in_a_damaged_index_finds_all_the_same(capsys: pytest.CaptureFixture[str], session: str, table: str) -> None:
    output(capsys, "search", "sofa")
    spoil(table)
    (found,) = json.loads(output(capsys, "search", "sofa", "--json"))
    assert found["id"] == session


def test_show(capsys: pytest.CaptureFixture[str], session: str) -> None:
    text = output(capsys, "show", session[:-1])
    assert "[cat.jpg]" in text
    assert "A cat sits on a **red** sofa." in text
    shown = json.loads(output(capsys, "show", session, "--json"))
    assert shown["id"] == session
    assert [message["role"] for message in shown["messages"]] == ["user", "assistant", "user", "assistant"]
    assert shown["messages"][1]["usage"]["prompt_tokens"] == 120
    assert shown["messages"][0]["attachments"][0]["source"] == "/photos/cat.jpg"


def test_delete_and_restore(capsys: pytest.CaptureFixture[str], session: str) -> None:
    assert output(capsys, "delete", session).strip() == session
    assert json.loads(output(capsys, "--json")) == []
    assert json.loads(output(capsys, "list", "--trash", "--json"))[0]["id"] == session
    assert output(capsys, "restore", session).strip() == session
    assert json.loads(output(capsys, "--json"))[0]["id"] == session


def test_rename(capsys: pytest.CaptureFixture[str], session: str) -> None:
    output(capsys, "rename", session, "My", "cat")
    assert json.loads(output(capsys, "--json"))[0]["title"] == "My cat"


def test_check_compares_digests(capsys: pytest.CaptureFixture[str], session: str) -> None:
    assert json.loads(output(capsys, "check", "--json"))[0]["ok"]
    folder = Journal.open(session, read_only=True).path
    assert folder is not None
    (folder / "attachments" / f"{PICTURE.sha256}.jpg").write_bytes(b"other")
    assert "has changed" in output(capsys, "check", session, status=1)


def test_check_only_notes_what_a_newer_version_wrote(capsys: pytest.CaptureFixture[str], session: str) -> None:
    folder = Journal.open(session, read_only=True).path
    assert folder is not None
    with (folder / "session.jsonl").open("a") as file:
        file.write('{"kind":"reaction","t":1}\n')
    assert "1 event of an unknown kind" in output(capsys, "check", session)
    (checked,) = json.loads(output(capsys, "check", session, "--json"))
    assert checked["ok"]
    assert checked["problems"] == []
    assert len(checked["notes"]) == 1


def test_a_missing_attachment_is_said_and_the_rest_is_exported(
    capsys: pytest.CaptureFixture[str], session: str, tmp_path: Path
) -> None:
    folder = Journal.open(session, read_only=True).path
    assert folder is not None
    (folder / "attachments" / f"{PICTURE.sha256}.jpg").unlink()
    assert run(["sessions", "export", session, "-o", str(tmp_path / "x.md")]) == 0
    assert "cat.jpg: 1 of 1 file is missing" in capsys.readouterr().err


def test_one_session_that_cannot_be_deleted_stops_no_other(capsys: pytest.CaptureFixture[str], session: str) -> None:
    assert run(["sessions", "delete", "nothing", session]) == 1
    captured = capsys.readouterr()
    assert captured.out == f"{session}\n"
    assert "No such session: nothing" in captured.err
    assert output(capsys, "restore", session) == f"{session}\n"


def test_export_and_import(capsysbinary: pytest.CaptureFixture[bytes], session: str, tmp_path: Path) -> None:
    for name in ("html", "json", "jsonl", "cast"):
        assert run(["sessions", "export", session, "--format", name]) == 0
        assert len(capsysbinary.readouterr().out) > 500
    assert run(["sessions", "export", session, "-o", str(tmp_path / "x.tar.gz")]) == 0
    assert run(["sessions", "import", str(tmp_path / "x.tar.gz")]) == 0
    new = capsysbinary.readouterr().out.decode().strip()
    assert len(Journal.open(new).tree.path()) == 4


@pytest.mark.parametrize("name", ["html", "md", "json", "jsonl", "cast", "tar.gz"])
def test_an_export_replaces_no_file_unasked(
    capsys: pytest.CaptureFixture[str], session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"mine.{name}"
    path.write_text("mine")
    export = ["sessions", "export", session, "-o", path.name]
    assert run(export) == 2
    refused = capsys.readouterr().err
    assert str(path) in refused
    assert "--overwrite" in refused
    assert path.read_text() == "mine"
    assert run([*export, "--overwrite"]) == 0
    assert f"exported to {path}\n" in capsys.readouterr().err
    assert path.read_bytes() != b"mine"


def test_nor_does_it_write_among_the_files_of_a_folder(capsys: pytest.CaptureFixture[str], session: str, tmp_path: Path) -> None:
    folder = tmp_path / "talk-files"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    assert run(["sessions", "export", session, "-o", str(tmp_path / "talk.md")]) == 2
    assert str(folder) in capsys.readouterr().err
    assert [path.name for path in tmp_path.glob("talk*")] == ["talk-files"]
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "nothing"], 1, "No such session"),
        (["export", "ID", "--format", "pdf"], 2, "No such format"),
        (["export", "ID", "--format", "tar.gz"], 2, "-o"),
        (["export", "ID", "--format", "md"], 2, "-o"),
        (["export", "ID"], 2, "--format"),
        (["export", "ID", "--format", "html", "-o", "/nowhere/x.html"], 1, "/nowhere"),
        (["import", "/nowhere/x"], 1, "No such file"),
        (["delete", "nothing"], 1, "No such session"),
        (["restore", "nothing"], 1, "No such session"),
        (["search"], 2, "TEXT"),
    ],
)
def test_errors_are_one_line_with_the_right_status(
    capsys: pytest.CaptureFixture[str], session: str, arguments: list[str], status: int, said: str
) -> None:
    assert run(["sessions", *(session if each == "ID" else each for each in arguments)]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_a_session_in_use_says_who_has_it(capsys: pytest.CaptureFixture[str], session: str) -> None:
    with Journal.open(session) as journal:
        journal.append_message(question("v", "x", "a2"))
        assert run(["sessions", "delete", session]) == 1
        assert "is being written by" in capsys.readouterr().err
        assert run(["sessions", "show", session]) == 0
