"""What was exported comes back; what is hostile does no harm."""

from __future__ import annotations

import base64
import errno
import gzip
import io
import json
import os
import shutil
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minicpm_tui import paths
from minicpm_tui.errors import ErrorInfo, MinicpmTuiError, SessionDamaged, StorageError
from minicpm_tui.messages import Delta, End, ImagePart, Message, VideoPart, message_ending
from minicpm_tui.sessions import care
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.library import Library
from tests.sessions.talk import FRAMES, MODEL, PICTURE, conversation, everything, import_session, move_away, question, reply

HEADER = b'{"format":"minicpm-tui-session","version":1,"id":"x","created":"2026-01-01T00:00:00Z"}\n'


@pytest.fixture
def journal() -> Journal:
    return Journal.open(conversation().id, read_only=True)


def archive(path: Path, *members: tuple[str, bytes] | tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("name", ["tar.gz", "jsonl", "json"])
def test_exports_come_back(journal: Journal, tmp_path: Path, name: str) -> None:
    export(journal, name, tmp_path / f"x.{name}", Options(with_paths=True))
    move_away(journal)
    again = Journal.open(import_session(tmp_path / f"x.{name}"))
    assert again.id == journal.id
    assert [(message.role, message.text) for message in again.tree.path()] == [
        (message.role, message.text) for message in journal.tree.path()
    ]
    if name != "json":
        assert again.tree == journal.tree
        assert again.created == journal.created
    if name != "jsonl":
        assert again.blobs.read(PICTURE.sha256) == PICTURE.data
        assert [again.blobs.read(frame.sha256) for frame in FRAMES] == [frame.data for frame in FRAMES]


def test_a_copied_folder_comes_back_whole(journal: Journal, tmp_path: Path) -> None:
    assert journal.path is not None
    shutil.copytree(journal.path, tmp_path / "stick")
    for source in (tmp_path / "stick", tmp_path / "stick" / "session.jsonl"):
        session_id = import_session(source)
        assert care.check(paths.sessions_dir() / session_id).ok


def test_archives_by_the_tar_command_come_back(journal: Journal, tmp_path: Path) -> None:
    """GNU tar writes long names in its own way."""
    assert journal.path is not None
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz", format=form) as tar:
            tar.add(journal.path, f"./{journal.id}")
        assert care.check(paths.sessions_dir() / import_session(tmp_path / "x.tar.gz")).ok


def test_imported_sessions_go_on(journal: Journal, tmp_path: Path) -> None:
    export(journal, "json", tmp_path / "x.json")
    again = Journal.open(import_session(tmp_path / "x.json"))
    picture, video = again.tree.path()[0].content[1:]
    assert isinstance(picture, ImagePart)
    assert isinstance(video, VideoPart)
    assert [picture.name, video.name] == ["cat.jpg", "walk.mp4"]
    assert [frame.time for frame in video.frames] == [0.0, 0.5, 1.0]
    assert again.settings == {"model": MODEL}
    assert not any(message.unfinished for message in again.tree.path())


def test_how_replies_ended_comes_back_from_openai_messages(tmp_path: Path) -> None:
    with Journal.create(settings={"system": "Be brief."}) as journal:
        journal.append_message(question("u", "hi"))
        for name, end in (("a", End("abort")), ("b", End("length")), ("c", End(error=ErrorInfo("x", "It broke"))), ("d", None)):
            journal.append_message(reply(name, "u"))
            journal.append_deltas(name, [Delta("reasoning", "I think", 0.0), Delta("content", "half", 0.1)])
            if end:
                journal.append_end(name, end)
    for name in "abcd":
        with Journal.open(journal.id) as journal:
            journal.select(name)
            export(journal, "json", tmp_path / f"{name}.json")
            expected = message_ending(journal.tree.path()[-1])
        move_away(journal)
        again = Journal.open(import_session(tmp_path / f"{name}.json")).tree.path()[-1]
        shutil.rmtree(paths.sessions_dir() / journal.id)
        (paths.sessions_dir().parent / "elsewhere").rename(paths.sessions_dir() / journal.id)
        assert message_ending(again) == expected
        assert again.reasoning == "I think"
        about = json.loads((tmp_path / f"{name}.json").read_text())["session"]["about"][-1]
        assert about["ending"] == expected.text
        assert about["answer"][1] == 4
        assert len(about["others"]) == 3


@pytest.mark.parametrize("session", [5, {"about": 5}, {"about": [5, {"message": "x"}, {"message": 99, "end": None}]}])
def test_what_is_said_of_replies_may_be_anything(tmp_path: Path, session: Any) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    (tmp_path / "x.json").write_text(json.dumps({"messages": messages, "session": session}))
    assert Journal.open(import_session(tmp_path / "x.json")).tree.path()[-1].text == "ho"


SPOILT = {
    "every kind": b'{"x}8d":"message","t":0.0,"id":"u1","parent":null,"role":"user","content":[]}\n',
    "what a kind says": b'{"kind":"messagf","t":0.0,"id":"u1","parent":null,"role":"user","content":[]}\n',
}


@pytest.mark.parametrize("line", SPOILT.values(), ids=SPOILT)
def test_a_session_of_which_no_message_can_be_read_is_refused(tmp_path: Path, line: bytes) -> None:
    file = archive(tmp_path / "x.tar.gz", ("x/session.jsonl", HEADER + line))
    with pytest.raises(SessionDamaged, match="no message in it can be read"):
        import_session(file)
    assert not list(paths.sessions_dir().iterdir())


HOSTILE: dict[str, tuple[Any, ...]] = {
    "parent folder": (("../evil/session.jsonl", HEADER),),
    "absolute": (("/tmp/evil/session.jsonl", HEADER),),
    "hidden parent": (("x/session.jsonl", HEADER), ("x/attachments/../../../evil", b"x")),
    "symbolic link": (link("x", "/etc"), ("x/session.jsonl", HEADER)),
    "linked journal": (link("x/session.jsonl", "/etc/passwd"),),
    "hard link": (("x/session.jsonl", HEADER), link("x/attachments/" + "0" * 64 + ".jpg", "/etc/passwd", tarfile.LNKTYPE)),
    "device": (link("x/session.jsonl", "", tarfile.CHRTYPE),),
    "fifo": (link("x/session.jsonl", "", tarfile.FIFOTYPE),),
    "no session": (("readme.txt", b"hello"),),
    "empty": (),
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_hostile_archives_are_refused_and_leave_nothing(tmp_path: Path, members: tuple[Any, ...]) -> None:
    file = archive(tmp_path / "x.tar.gz", *members)
    before = everything(tmp_path)
    with pytest.raises(SessionDamaged):
        import_session(file)
    assert everything(tmp_path) - before <= {"home", "home/data", "home/data/sessions"}


def test_an_archive_that_unpacks_to_too_much_is_refused_early(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.tar.gz", "wb", compresslevel=9) as packed:
        info = tarfile.TarInfo("x/session.jsonl")
        info.size = 1 << 30
        packed.write(info.tobuf())
        for _block in range(200):
            packed.write(b"\0" * (1 << 20))
    tracemalloc.start()
    with pytest.raises(SessionDamaged):
        import_session(tmp_path / "bomb.tar.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
    assert not list(paths.sessions_dir().iterdir())


def test_sizes_that_lie_are_refused(tmp_path: Path) -> None:
    for size in (-5, 1 << 62, 10_000):
        info = tarfile.TarInfo("x/session.jsonl")
        info.size = 0
        block = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
        block[124:136] = (b"\x80" if size >= 0 else b"\xff") + (size & ((1 << 88) - 1)).to_bytes(11, "big")
        block[148:156] = b" " * 8
        block[148:156] = f"{sum(block[:512]):06o}\0 ".encode()
        with gzip.open(tmp_path / "x.tar.gz", "wb") as packed:
            packed.write(block)
        with pytest.raises(SessionDamaged):
            import_session(tmp_path / "x.tar.gz")


def test_attachments_that_are_not_what_they_say_are_left_out(tmp_path: Path) -> None:
    name = f"x/attachments/{PICTURE.sha256}.jpg"
    session_id = import_session(archive(tmp_path / "x.tar.gz", ("x/session.jsonl", HEADER), (name, b"something else")))
    assert everything(paths.sessions_dir() / session_id) <= {"session.jsonl", "attachments"}


def test_a_linked_attachment_of_a_copied_folder_is_not_followed(journal: Journal, tmp_path: Path) -> None:
    assert journal.path is not None
    shutil.copytree(journal.path, tmp_path / "stick")
    victim = tmp_path / "stick" / "attachments" / f"{PICTURE.sha256}.jpg"
    secret = tmp_path / "secret"
    victim.rename(secret)
    victim.symlink_to(secret)
    move_away(journal)
    imported = Journal.open(import_session(tmp_path / "stick"))
    with pytest.raises(SessionDamaged):
        imported.blobs.read(PICTURE.sha256)


def test_a_journal_whose_header_has_company_on_its_line_loses_nothing(journal: Journal, tmp_path: Path) -> None:
    assert journal.path is not None
    data = (journal.path / "session.jsonl").read_bytes()
    for spoilt in (data.replace(b"}\n{", b"}{", 3), b"# by hand\n" + data):
        (tmp_path / "x.jsonl").write_bytes(spoilt)
        imported = Journal.open(import_session(tmp_path / "x.jsonl"))
        assert imported.tree.messages.keys() == journal.tree.messages.keys()
        assert imported.created == journal.created


@pytest.mark.parametrize("name", ["json", "jsonl", "tar.gz"])
def test_a_disk_that_takes_nothing_is_one_clear_line(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(**_arguments: Any) -> str:
        raise OSError(errno.EROFS, "Read-only file system")

    export(journal, name, tmp_path / f"x.{name}")
    move_away(journal)
    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(StorageError, match="the disk is read-only"):
        import_session(tmp_path / f"x.{name}")


def test_a_chat_that_cannot_be_kept_whole_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text(json.dumps([{"role": "user", "content": text} for text in ("one", "two")]))
    append = Journal.append_message

    def fill_the_disk(journal: Journal, message: Message, *arguments: Any) -> None:
        if message.text == "two":
            raise StorageError("full")
        append(journal, message, *arguments)

    monkeypatch.setattr(Journal, "append_message", fill_the_disk)
    with pytest.raises(StorageError):
        import_session(tmp_path / "x.json")
    assert not list(paths.sessions_dir().iterdir())


def test_digests_that_are_paths_read_nothing(tmp_path: Path) -> None:
    part = {"type": "image", "name": "x", "sha256": "../../../../../../etc/passwd"}
    line = {"kind": "message", "t": 0, "id": "u", "parent": None, "role": "user", "content": [part], "at": ""}
    (tmp_path / "x.jsonl").write_bytes(HEADER + json.dumps(line).encode() + b"\n")
    imported = Journal.open(import_session(tmp_path / "x.jsonl"))
    with pytest.raises(SessionDamaged):
        imported.blobs.read("../../../../../../etc/passwd")
    assert json.loads(export(imported, "json") or b"")["messages"][0]["content"][0]["type"] == "text"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"{}",
        b"[1, 2]",
        b"[]",
        b'{"messages": []}',
        b'[{"role": "system", "content": "Be brief."}]',
        b'{"messages": 5}',
        b"[" * 100_000,
        b'[{"role"',
        b"\xff\xd8\xff\xe0",
        b"\x1f\x8b",
        b'{"a":1}\n{"b":2}\n',
    ],
)
def test_files_that_are_nothing_we_know_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(SessionDamaged):
        import_session(tmp_path / "x")
    assert not list(paths.sessions_dir().glob("*"))


def test_what_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        import_session(tmp_path / "nothing.json")
    with pytest.raises(StorageError, match="no session in this folder"):
        import_session(tmp_path)
    with pytest.raises(StorageError, match="Not a file"):
        import_session(Path(os.devnull))


MESSAGES: list[tuple[Any, Callable[[Journal], bool]]] = [
    ([{"role": "user", "content": "hi"}], lambda journal: journal.tree.path()[0].text == "hi"),
    ([{"role": "user", "content": None}], lambda journal: journal.tree.path()[0].text == ""),
    (
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "x"}],
        lambda journal: journal.settings["system"] == "Be brief.",
    ),
    (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a/cat.jpg?x=1"}}]}],
        lambda journal: journal.tree.path()[0].content[0].name == "cat.jpg",  # type: ignore[union-attr] # it is a picture
    ),
    (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}],
        lambda journal: journal.tree.path()[0].text == "[file:///etc/passwd]",
    ),
    (
        [
            {
                "role": "user",
                "content": [
                    {"type": "video_url", "video_url": {"url": "data:video/mp4;base64," + base64.b64encode(b"mp4").decode()}}
                ],
            }
        ],
        lambda journal: journal.blobs.read(journal.tree.path()[0].content[0].file) == b"mp4",  # type: ignore[union-attr,arg-type] # it is a video
    ),
    (
        [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}],
        lambda journal: journal.tree.path()[0].text == "[input_audio]",
    ),
    (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}],
        lambda journal: journal.tree.path()[0].text == "[data:image/png;base64,]",
    ),
    (
        [{"role": "assistant", "content": "42", "reasoning_content": "Six times seven."}],
        lambda journal: journal.tree.path()[0].reasoning == "Six times seven.",
    ),
    ([{"role": "tool", "content": "42"}], lambda journal: journal.tree.path()[0].role == "user"),
    ([{"role": "user", "content": "caf\ud800"}], lambda journal: journal.tree.path()[0].text == "caf?"),
]


@pytest.mark.parametrize(("messages", "holds"), MESSAGES, ids=range(len(MESSAGES)))
def test_messages_of_other_programs(tmp_path: Path, messages: Any, holds: Callable[[Journal], bool]) -> None:
    (tmp_path / "x.json").write_text(json.dumps(messages))
    assert holds(Journal.open(import_session(tmp_path / "x.json")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), at=st.floats(0, 1), junk=st.binary(max_size=30))
def test_spoilt_archives_are_refused_or_read_and_never_break(
    journal: Journal, tmp_path: Path, cut: float, at: float, junk: bytes
) -> None:
    whole = tmp_path / "whole.tar.gz"
    if not whole.exists():
        export(journal, "tar.gz", whole)
    data = whole.read_bytes()
    place = int(at * len(data))
    spoilt = (data[:place] + junk + data[place + len(junk) :])[: int(cut * len(data)) + 1]
    (tmp_path / "x.tar.gz").write_bytes(spoilt)
    before = everything(paths.sessions_dir())
    try:
        session_id = import_session(tmp_path / "x.tar.gz")
    except MinicpmTuiError:
        assert everything(paths.sessions_dir()) == before
    else:
        Journal.open(session_id).close()


def test_an_import_under_way_is_not_listed(tmp_path: Path) -> None:
    (paths.sessions_dir() / ".import-x").mkdir(parents=True)
    (paths.sessions_dir() / ".import-x" / "session.jsonl").write_bytes(HEADER)
    with Library() as library:
        assert not library.reconcile()
