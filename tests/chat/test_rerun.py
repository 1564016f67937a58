"""A session's questions asked again, and the answers compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from minicpm_tui.chat.rerun import Rerun, RerunEvent, TurnBegan, TurnEnded
from minicpm_tui.chat.rerun_compare import Answer, Comparison, answer, compare, difference, overall, saved
from minicpm_tui.chat.session_choice import latest_id
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import UsageError
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import Message, Notice, media_of
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.rerun_of import RERUN_OF
from tests.chat.conftest import Opener, hear
from tests.media.making import clip


async def recorded(server: DemoServer, talking: Opener, picture: Path) -> Journal:
    """Two turns about a picture."""
    async with talking(server, temperature=0.3) as session:
        await hear(session.send("what is in it?", [AttachmentSpec(path=picture)]))
        await hear(session.send("and its colours?"))
    return Journal.open(session.journal.id, read_only=True)


async def rerun(server: DemoServer, talking: Opener, source: Journal, **how: bool) -> tuple[Journal, list[RerunEvent]]:
    async with talking(server, journal=Journal.create()) as session:
        events = [event async for event in Rerun(source, session, **how).run()]
    return Journal.open(session.journal.id, read_only=True), events


def roles_and_texts(request: Any) -> list[tuple[str, str]]:
    contents = [(each["role"], each["content"]) for each in request["messages"]]
    return [(role, content if isinstance(content, str) else content[-1]["text"]) for role, content in contents]


def bytes_of(journal: Journal) -> list[bytes]:
    assert journal.path is not None
    return [path.read_bytes() for path in sorted(journal.path.rglob("*")) if path.is_file()]


def forget(journal: Journal, picture: Path) -> None:
    """Neither the file nor what was sent of it is left."""
    picture.unlink()
    assert journal.path is not None
    for file in (journal.path / "attachments").iterdir():
        file.unlink()


async def test_questions_are_asked_in_order_with_the_new_answers(server: DemoServer, talking: Opener, picture: Path) -> None:
    source = await recorded(server, talking, picture)
    before = bytes_of(source)
    new, events = await rerun(server, talking, source)
    assert [message.text for message in new.tree.path() if message.role == "user"] == ["what is in it?", "and its colours?"]
    assert new.settings[RERUN_OF] == source.id
    assert new.title.startswith("what is in it? · rerun")
    ended = [event for event in events if isinstance(event, TurnEnded)]
    assert [event.new.text for event in ended] == [message.text for message in new.tree.path() if message.role == "assistant"]
    assert not any(isinstance(event, Notice) for event in events)
    assert bytes_of(source) == before


async def test_keeping_history_sends_the_recorded_answers(server: DemoServer, talking: Opener, picture: Path) -> None:
    source = await recorded(server, talking, picture)
    answers = [message for message in source.tree.path() if message.role == "assistant"]
    first, _answer, second, _last = source.tree.path()
    recorded_answer = answers[0].with_reply("RECORDED ANSWER", "", answers[0].end)
    with Journal.open(source.id) as journal:
        journal.append_message(Message("u0", None, "user", first.content, ""))
        journal.append_message(msgspec.structs.replace(recorded_answer, id="a0", parent="u0"))
        journal.append_message(Message("u9", "a0", "user", second.content, ""))
    again = Journal.open(source.id, read_only=True)
    new, _events = await rerun(server, talking, again, keep_history=True)
    assert ("assistant", "RECORDED ANSWER") in roles_and_texts(server.chats[-1])
    assert len(new.tree.children[new.tree.path()[0].id]) == 2
    assert saved(new, again)[0].new.text != "RECORDED ANSWER"
    assert saved(new, again)[0].recorded.text == "RECORDED ANSWER"


async def test_media_come_from_the_source_or_as_they_were(server: DemoServer, talking: Opener, picture: Path) -> None:
    source = await recorded(server, talking, picture)
    for why, spoil in (("has changed", lambda: picture.write_bytes(b"another file")), ("no longer exists", picture.unlink)):
        spoil()
        new, events = await rerun(server, talking, source)
        (note,) = [event.text for event in events if isinstance(event, Notice)]
        assert "red.png: sent as it was then" in note
        assert why in note
        assert "320×240" in new.tree.path()[1].text


async def test_a_lost_attachment_is_said_and_left_out(server: DemoServer, talking: Opener, picture: Path) -> None:
    source = await recorded(server, talking, picture)
    forget(source, picture)
    _new, events = await rerun(server, talking, source)
    (note,) = [event.text for event in events if isinstance(event, Notice)]
    assert "red.png: not sent" in note


async def test_two_clips_share_the_room_of_a_smaller_model(server: DemoServer, talking: Opener, tmp_path: Path) -> None:
    clips = [AttachmentSpec(path=clip(tmp_path / f"{name}.mp4", 60, rate=1)) for name in "ab"]
    async with talking(server) as session:
        await hear(session.send("compare them", clips))
    source = Journal.open(session.journal.id, read_only=True)
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096)) as small:
        new, _events = await rerun(small, talking, source)
    first, second = (len(part.digests) for part in media_of(new.tree.path()[0].content))
    assert 8 <= first == second < 32


async def test_of_two_attachments_the_one_that_is_lost_is_left_out(server: DemoServer, talking: Opener, picture: Path) -> None:
    other = picture.with_name("other.png")
    Image.new("RGB", (64, 48), "blue").save(other)
    async with talking(server) as session:
        await hear(session.send("what are they?", [AttachmentSpec(path=picture), AttachmentSpec(path=other)]))
    source = Journal.open(session.journal.id, read_only=True)
    forget(source, picture)
    new, events = await rerun(server, talking, source)
    (note,) = [event.text for event in events if isinstance(event, Notice)]
    assert "red.png: not sent" in note
    assert [part.name for part in media_of(new.tree.path()[0].content)] == ["other.png"]


async def test_nothing_to_ask(server: DemoServer, talking: Opener) -> None:
    with Journal.create() as journal:
        journal.set_title("empty")
    with pytest.raises(UsageError, match="no question"):
        await rerun(server, talking, Journal.open(journal.id, read_only=True))


async def test_turns_are_told_as_they_come(server: DemoServer, talking: Opener, picture: Path) -> None:
    _new, events = await rerun(server, talking, await recorded(server, talking, picture))
    told = [(type(event).__name__, event.index) for event in events if isinstance(event, TurnBegan | TurnEnded)]
    assert told == [("TurnBegan", 0), ("TurnEnded", 0), ("TurnBegan", 1), ("TurnEnded", 1)]


async def test_saved_reruns_are_compared_again(server: DemoServer, talking: Opener, picture: Path) -> None:
    source = await recorded(server, talking, picture)
    new, events = await rerun(server, talking, source)
    live = [compare(event.turn, event.new) for event in events if isinstance(event, TurnEnded)]
    assert saved(new, source) == live


def test_differences_are_by_words_and_by_chinese_characters() -> None:
    assert difference("a red cat", "a grey cat") == [("same", "a "), ("removed", "red"), ("added", "grey"), ("same", " cat")]
    assert difference("一只红猫", "一只灰猫") == [("same", "一只"), ("removed", "红"), ("added", "灰"), ("same", "猫")]
    assert difference("", "") == []


@pytest.mark.parametrize(("old", "new"), [("a b", ""), ("", "x"), ("same\n text", "same\n text"), ("a!b", "a ?b\tc")])
def test_differences_rebuild_both_texts(old: str, new: str) -> None:
    found = difference(old, new)
    assert "".join(text for change, text in found if change != "added") == old
    assert "".join(text for change, text in found if change != "removed") == new


def compared(recorded: Answer, new: Answer, similarity: float) -> Comparison:
    return Comparison(question="?", recorded=recorded, new=new, similarity=similarity, differences=())


def test_a_whole_rerun_is_summed_up_in_one_line() -> None:
    slow = Answer(text="one two", words=2, first_token_seconds=0.5, tokens_per_second=10.0)
    quick = Answer(text="one", words=1, first_token_seconds=0.1, tokens_per_second=40.0)
    unmeasured = Answer(text="one two three", words=3)
    failed = Answer(error="broken")
    line = overall([compared(slow, quick, 0.5), compared(unmeasured, quick, 0.25), compared(slow, failed, 0.0)])
    assert line == "2 turns · 38% unchanged · words 2 → 1 · first token 0.50 → 0.10 s · 10.0 → 40.0 tokens/s"
    assert overall([compared(slow, failed, 0.0)]) == ""


def test_no_answer_has_no_figures() -> None:
    assert answer(None).tokens_per_second is None
    assert answer(None).words == 0


@pytest.fixture
def session(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A saved session; the key of the demo server is in the environment."""
    monkeypatch.setenv("MINICPM_TUI_API_KEY", server.key)
    assert run(["ask", "--url", server.url, "hello there"]) == 0
    return latest_id()


def test_command_prints_both_answers_and_the_new_id(server: DemoServer, session: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["rerun", session, "--url", server.url]) == 0
    captured = capsys.readouterr()
    assert "recorded:" in captured.out
    assert "saved as " in captured.out
    assert "turn 1 of 1" in captured.err


def test_sampling_is_the_sessions_unless_the_command_line_says_otherwise(
    server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINICPM_TUI_API_KEY", server.key)
    assert run(["ask", "--url", server.url, "--repetition-penalty", "1.05", "--top-k", "40", "--seed", "7", "hello"]) == 0
    assert run(["rerun", latest_id(), "--url", server.url, "--seed", "8", "--min-p", "0.1"]) == 0
    sent = server.chats[-1]
    assert (sent["repetition_penalty"], sent["top_k"], sent["min_p"], sent["seed"]) == (1.05, 40, 0.1, 8)


def test_json_has_the_fields_of_the_contract(server: DemoServer, session: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["rerun", session, "--url", server.url, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["source"] == session
    assert Journal.open(result["session"], read_only=True).settings[RERUN_OF] == session
    (turn,) = result["turns"]
    assert turn["question"] == "hello there"
    assert {"text", "finish_reason", "usage", "seconds", "first_token_seconds", "tokens_per_second"} <= set(turn["new"])
    assert set(turn["recorded"]) == set(turn["new"])


def test_an_unreachable_server_is_one_line(session: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rerun", session, "--url", "http://127.0.0.1:9"]) == 1
    assert "Traceback" not in capsys.readouterr().err
