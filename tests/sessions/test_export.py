"""Exports say everything, and nothing in them acts."""

from __future__ import annotations

import base64
import gzip
import html.parser
import json
import re
import stat
from pathlib import Path

import msgspec
import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.errors import ErrorInfo, StorageError, UsageError
from minicpm_tui.messages import Delta, End, ImagePart, Message, TextPart
from minicpm_tui.sessions.export import FORMATS, export, format_of
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import AT, BLOBS, FRAMES, MODEL, PICTURE, answer, conversation, question, reply

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](http://evil.example/x.png)\x1b[31m\n\n"
    "```python\ndef f(): return '<b>'\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)


@pytest.fixture
def journal() -> Journal:
    return Journal.open(conversation().id, read_only=True)


@pytest.fixture
def hostile() -> Journal:
    with Journal.create() as journal:
        journal.append_message(question("u", HOSTILE))
        answer(journal, "a", "u", HOSTILE, reasoning=HOSTILE)
        journal.set_title("</title><script>1</script>")
    return Journal.open(journal.id, read_only=True)


def rendered(journal: Journal, name: str) -> str:
    data = export(journal, name)
    assert data is not None
    return data.decode()


class Tags(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_page_has_everything_inside(journal: Journal) -> None:
    page = rendered(journal, "html")
    tags = Tags(page)
    sources = [value or "" for name, value in tags.attributes if name == "src"]
    assert len(sources) == 1 + len(FRAMES)
    assert sources[0] == "data:image/jpeg;base64," + base64.b64encode(PICTURE.data).decode()
    assert all(source.startswith("data:image/") for source in sources)
    assert "<strong>red</strong>" in page
    assert "这是一只猫吗" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_page_from_hostile_text_has_no_scripts_handlers_or_remote_pictures(hostile: Journal) -> None:
    page = rendered(hostile, "html")
    tags = Tags(page)
    assert not {"script", "img", "iframe", "object", "form"} & set(tags.tags)
    assert not [name for name, _value in tags.attributes if name.startswith("on")]
    links = [value or "" for name, value in tags.attributes if name == "href"]
    assert links == ["http://evil.example/x.png", "http://evil.example/x.png"]
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert '<span class="k">def</span>' in page
    assert "table" in tags.tags


def test_page_shows_a_reply_as_the_screen_does() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        answer(journal, "a", "u", "**加粗：**后\nTea 2.00\n\n[注]: 见下\n\n\\(a_1 b_2\\) <ref>cat</ref>\n\n|a|\n|-|\n|b|more|")
    page = rendered(Journal.open(journal.id, read_only=True), "html")
    for text in (
        "<strong>加粗：</strong>后<br />",
        "[注]: 见下",
        "a_1 b_2</annotation>",
        "&lt;ref&gt;cat&lt;/ref&gt;",
        "<td>more</td>",
    ):
        assert text in page


def test_what_is_left_is_written_when_a_picture_is_gone(journal: Journal, tmp_path: Path) -> None:
    assert journal.path is not None
    (journal.path / "attachments" / f"{PICTURE.sha256}.jpg").unlink()
    for name in FORMATS:
        export(journal, name, tmp_path / f"x.{name}")
    assert "cat.jpg: An attachment is missing" in (tmp_path / "x.html").read_text()
    content = json.loads((tmp_path / "x.json").read_text())["messages"][0]["content"]
    assert [part["type"] for part in content] == ["text", "text", "video_url"]
    assert content[1]["text"] == "[cat.jpg: An attachment is missing]"
    text = (tmp_path / "x.md").read_text()
    assert "cat.jpg: An attachment is missing" in text
    links = re.findall(r"\]\(<(x-files/[^>]+)>\)", text)
    assert len(links) == len(FRAMES)
    assert all((tmp_path / link).is_file() for link in links)


def test_a_reply_that_failed_says_why(tmp_path: Path) -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "half", 0.1)])
        journal.append_end("a", End(error=ErrorInfo("server_failed", "The server failed while answering", "boom")))
    for name in ("md", "html"):
        assert "The server failed while answering: boom" in rendered(Journal.open(journal.id, read_only=True), name)


def test_chat_json_can_be_sent_by_any_client(journal: Journal) -> None:
    body = json.loads(rendered(journal, "json"))
    assert body["model"] == MODEL
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant"]
    text, picture, video = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is in this picture? 这是一只猫吗"}
    assert base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")) == PICTURE.data
    frames = video["video_url"]["url"].removeprefix("data:video/jpeg;base64,").split(",")
    assert [base64.b64decode(frame) for frame in frames] == [frame.data for frame in FRAMES]
    assert body["messages"][1] == {"role": "assistant", "content": "A cat sits on a **red** sofa."}


def test_chat_json_names_an_attachment_of_which_nothing_was_kept() -> None:
    with Journal.create() as journal:
        journal.append_message(Message("u", None, "user", (ImagePart("cat.jpg"), TextPart("hi")), AT))
    content = json.loads(rendered(journal, "json"))["messages"][0]["content"]
    assert content == [{"type": "text", "text": "[cat.jpg]"}, {"type": "text", "text": "hi"}]


def test_chat_json_has_the_system_prompt() -> None:
    with Journal.create(settings={"system": "Be brief."}) as journal:
        journal.append_message(question("u", "hi"))
    assert json.loads(rendered(journal, "json"))["messages"][0] == {"role": "system", "content": "Be brief."}


def test_jsonl_with_paths_is_the_file(journal: Journal) -> None:
    assert journal.path is not None
    assert export(journal, "jsonl", options=Options(with_paths=True)) == (journal.path / "session.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["jsonl", "tar.gz", "json", "html", "md", "cast"])
def test_no_export_says_where_files_lay_or_which_server_answered(tmp_path: Path, name: str) -> None:
    with Journal.create(settings={"model": "/models/me/MiniCPM-V-4_5", "server": "http://10.1.2.3:8000"}) as journal:
        journal.append_message(question("u", "see /my/own/words", media=True), BLOBS)
        journal.append_message(msgspec.structs.replace(reply("a", "u"), model="/models/me/MiniCPM-V-4_5"))
        journal.append_deltas("a", [Delta("content", "half", 0.1)])
        journal.append_end("a", End(error=ErrorInfo("x", "Not reached", "http://10.1.2.3:8000 of /home/me/x.sock")))
    export(Journal.open(journal.id, read_only=True), name, tmp_path / f"x.{name}")
    data = (tmp_path / f"x.{name}").read_bytes()
    text = (gzip.decompress(data) if name == "tar.gz" else data).decode("utf-8", "replace")
    for private in ("/photos", "/models", "10.1.2.3", "127.0.0.1:8000", "/home/me"):
        assert private not in text
    assert "cat.jpg" in text
    assert "/my/own/words" in text


def test_the_command_says_what_it_left_out(journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "export", journal.id, "-o", str(tmp_path / "x.jsonl")]) == 0
    assert "left out: where files lay and the server's address; --with-paths keeps them" in capsys.readouterr().err
    assert run(["sessions", "export", journal.id, "-o", str(tmp_path / "y.jsonl"), "--with-paths"]) == 0
    assert "left out" not in capsys.readouterr().err
    assert "/photos/cat.jpg" in (tmp_path / "y.jsonl").read_text()


def test_markdown_with_files_beside_it(journal: Journal, tmp_path: Path) -> None:
    export(journal, "md", tmp_path / "talk.md")
    text = (tmp_path / "talk.md").read_text()
    assert "![cat.jpg](<talk-files/01-cat.jpg>)" in text
    assert "A cat sits on a **red** sofa." in text
    assert (tmp_path / "talk-files" / "01-cat.jpg").read_bytes() == PICTURE.data
    frames = sorted((tmp_path / "talk-files").glob("02-walk-*.jpg"))
    assert [frame.read_bytes() for frame in frames] == [frame.data for frame in FRAMES]


@pytest.mark.parametrize("name", ["md", "tar.gz"])
def test_formats_of_several_files_need_a_place(journal: Journal, name: str) -> None:
    with pytest.raises(UsageError, match="-o"):
        export(journal, name)


def test_markdown_without_attachments_goes_to_stdout(hostile: Journal) -> None:
    assert "## You" in rendered(hostile, "md")


def test_names_of_attachments_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    with Journal.open(conversation().id) as journal:
        assert journal.path is not None
        file = journal.path / "session.jsonl"
        file.write_text(file.read_text().replace("cat.jpg", "../../x/\\u001b[1m\\n..\\\\evil"))
    (tmp_path / "deep").mkdir()
    export(Journal.open(journal.id, read_only=True), "md", tmp_path / "deep" / "talk.md")
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"talk.md", "talk-files"}
    assert all(path.suffix == ".jpg" for path in (tmp_path / "deep" / "talk-files").iterdir())


def test_all_formats_survive_an_empty_session_and_a_cut_off_one(tmp_path: Path) -> None:
    with Journal.create() as journal:
        journal.set_title("empty")
    cut = conversation()
    assert cut.path is not None
    file = cut.path / "session.jsonl"
    file.write_bytes(file.read_bytes()[:1500])
    for session in (journal.id, cut.id):
        opened = Journal.open(session, read_only=True)
        for name in FORMATS:
            export(opened, name, tmp_path / f"{session}.{name}")
            assert (tmp_path / f"{session}.{name}").stat().st_size > 0


def test_what_cannot_be_written_is_one_clear_line(journal: Journal, tmp_path: Path) -> None:
    for name in FORMATS:
        with pytest.raises(StorageError):
            export(journal, name, tmp_path / "missing" / f"x.{name}")
    with pytest.raises(UsageError, match="md, html, json"):
        export(journal, "pdf")


def test_exports_are_private_and_their_format_is_known_by_name(journal: Journal, tmp_path: Path) -> None:
    export(journal, "html", tmp_path / "x.html")
    assert stat.S_IMODE((tmp_path / "x.html").stat().st_mode) == 0o600
    assert format_of(Path("a/B.TAR.GZ")) == "tar.gz"
    assert format_of(Path("x.jsonl")) == "jsonl"
    assert format_of(Path("x")) is None
