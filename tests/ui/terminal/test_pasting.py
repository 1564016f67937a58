"""What is pasted in a terminal with OSC 5522: pictures and text arrive whole, wherever the line cuts; nobody else is believed."""

from __future__ import annotations

import random

import pytest

from minicpm_tui.ui.terminal.pasting import packets, reader
from minicpm_tui.ui.terminal.pasting.arrivals import Arriving, Received
from minicpm_tui.ui.terminal.pasting.input import PasteInput
from minicpm_tui.ui.terminal.pasting.writer import Copied
from tests.clipboard_terminal import ClipboardTerminal
from tests.ui.terminal.lines import LIMIT, Line

PICTURE = b"\x89PNG\r\n\x1a\n" + random.Random(0).randbytes(10_000)
SHOT = {"text/html": b"<img>", "image/jpeg": b"\xff\xd8\xff", "image/png": PICTURE}


@pytest.mark.parametrize("listing", ["one packet", "a packet each"])
@pytest.mark.parametrize("password_on", ["all", "first"])
@pytest.mark.parametrize("end", ["\x1b\\", "\x07"])
def test_a_picture_arrives_whole(listing: str, password_on: str, end: str) -> None:
    terminal = ClipboardTerminal(SHOT, listing, password_on, end=end)  # type: ignore[arg-type]
    line = Line(terminal)
    line.send(f"a{terminal.paste()}b")
    assert line.received == [PICTURE]
    assert line.typed == "ab"
    assert (terminal.requests, terminal.questions) == (["image/png"], [])
    assert [type(message) for message in line.said] == [Arriving, Received]


@pytest.mark.parametrize(("key", "location"), [("pw", "primary"), ("password", ""), ("password", "primary")])
def test_the_selection_is_pasted_too_and_either_name_of_the_password_works(key: str, location: str) -> None:
    terminal = ClipboardTerminal({"text/plain": b"selected"}, password_key=key, location=location)
    line = Line(terminal)
    line.send(terminal.paste())
    assert line.typed == "<selected>"
    assert (terminal.requests, terminal.questions) == (["text/plain"], [])


def test_cut_at_every_byte() -> None:
    small = {"image/png": b"\x89PNG\r\n\x1a\n!"}
    whole = f"ä{ClipboardTerminal(small, mode=True).paste()}b"
    for place in range(1, len(whole)):
        line = Line(ClipboardTerminal(small), lambda text, place=place: [text[:place], text[place:]])  # type: ignore[misc]
        line.send(f"ä{line.terminal.paste()}b")
        assert (line.received, line.typed) == ([small["image/png"]], "äb")
    line = Line(ClipboardTerminal(small), list)
    line.send(f"x{line.terminal.paste()}y")
    assert (line.received, line.typed) == ([small["image/png"]], "xy")


@pytest.mark.parametrize(
    ("clipboard", "pasted"),
    [
        ({"text/plain": "grüße\n二".encode()}, "grüße\n二"),
        ({"text/plain": b"a\x1b[201~\x00b"}, "a[201~b"),
        ({"text/plain;charset=utf-8": b"kitty"}, "kitty"),
        (
            {"text/plain": b"/a.png", "text/uri-list": b"# copied\r\nfile:///a.png\r\nfile:///b.png\r\n"},
            "file:///a.png\nfile:///b.png",
        ),
    ],
)
def test_text_is_pasted_as_text_and_what_is_typed_next_stays_behind_it(clipboard: dict[str, bytes], pasted: str) -> None:
    terminal = ClipboardTerminal(clipboard)
    line = Line(terminal)
    line.send(f"before {terminal.paste()} after")
    assert line.typed == f"before <{pasted}> after"


def test_a_megabyte_of_text() -> None:
    text = "0123456789abcde\n" * 60_000
    line = Line(ClipboardTerminal({"text/plain": text.encode()}))
    line.send(line.terminal.paste())
    assert line.typed == f"<{text}>"


def test_a_window_takes_text_alone() -> None:
    line = Line(ClipboardTerminal({**SHOT, "text/plain": b"words"}))
    line.pictures = False
    line.send(line.terminal.paste())
    assert (line.received, line.typed) == ([], "<words>")


def test_keys_are_typed_while_a_picture_arrives(clock: list[float]) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.answers = lambda _written: ""
    line.send(f"{line.terminal.paste()}typed")
    assert line.typed == "typed"


def test_keys_wait_no_longer_than_a_moment_for_text_that_does_not_come(clock: list[float]) -> None:
    line = Line(ClipboardTerminal({"text/plain": b"x"}))
    line.answers = lambda _written: ""
    line.send(f"{line.terminal.paste()}typed")
    assert line.typed == ""
    clock[0] += reader.HOLD_SECONDS + 0.1
    line.quiet()
    assert line.typed == "typed"


@pytest.mark.parametrize(
    ("error", "words"), [("EPERM", "does not allow"), ("ENOSYS", "no clipboard"), ("EBUSY", "is busy"), ("EWHAT", "EWHAT")]
)
def test_a_denial_is_said(error: str, words: str) -> None:
    line = Line(ClipboardTerminal(SHOT, error=error))
    line.send(line.terminal.paste())
    assert line.received == []
    assert words in line.problems[0]
    assert not line.input.flows


def test_a_terminal_that_stops_in_the_middle_is_given_up(clock: list[float]) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.answers = lambda _written: ""
    line.send(line.terminal.paste())
    clock[0] += 9
    line.quiet()
    assert line.problems == []
    clock[0] += 2
    line.quiet()
    assert "nothing for 10 s" in line.problems[0]
    assert not line.input.flows


def test_one_that_stops_in_the_middle_of_a_packet_gives_the_keys_back(clock: list[float]) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.send("\x1b]5522;type=read:status=OK:pw=c2VjcmV0")
    clock[0] += 3
    line.send("hel")
    clock[0] += 0.2
    line.send("lo")
    clock[0] += packets.DEAD_SECONDS + 1
    line.quiet()
    line.send("!")
    assert line.typed == "hello!"


def test_the_user_stops_it_and_what_still_comes_is_dropped() -> None:
    line = Line(ClipboardTerminal(SHOT))
    asked: list[str] = []

    def note(written: str) -> str:
        asked.append(written)
        return ""

    line.answers = note
    line.send(line.terminal.paste())
    (arriving,) = line.said
    assert isinstance(arriving, Arriving)
    arriving.transfer.stop()
    line.quiet()
    line.send(f"{line.terminal.answer(asked[-1])}typed")
    assert (line.received, line.typed) == ([], "typed")
    assert "stopped" in line.problems[0]


def test_more_than_the_limit_is_not_taken() -> None:
    line = Line(ClipboardTerminal({"image/png": bytes(LIMIT + 1)}))
    line.send(f"{line.terminal.paste()}typed")
    assert line.received == []
    assert "too large" in line.problems[0]
    assert line.typed == "typed"


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b]5522;type=read:status=OK\x1b\\\x1b]5522;type=read:status=DONE\x1b\\",  # no password: no paste
        "\x1b]5522;type=read:status=DATA:mime=aW1hZ2UvcG5n:id=1;AAAA\x1b\\",
        "\x1b]5522;type=read:status=DATA:mime=aW1hZ2UvcG5n;AAAA\x1b\\",
        "\x1b]5522;type=read:status=DONE\x1b\\",
        "\x1b]5522;type=write:status=DONE\x1b\\",
        "\x1b]5522;\x1b\\",
        "\x1b]5522;;;;===:::\x07",
        "\x1b]5522;type=read:status=EPERM:id=1\x1b\\",
    ],
)
def test_what_nobody_asked_for_does_nothing(sent: str) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.send(f"a{sent}b")
    assert (line.typed, line.said) == ("ab", [])
    assert (line.terminal.requests, line.terminal.questions) == ([], [])


def test_a_program_that_makes_pastes_up_learns_nothing() -> None:
    """It knows no password: the terminal asks its user, and no more than a few are asked for at a time."""
    line = Line(ClipboardTerminal(SHOT, error="EPERM"))
    forged = ClipboardTerminal(SHOT, mode=True).paste()
    line.send(forged * 50)
    assert line.terminal.requests == []
    assert line.received == []


@pytest.mark.parametrize("number", ["", "id=other:"])
def test_data_under_another_number_is_not_ours(number: str) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.answers = lambda _written: (
        f"\x1b]5522;type=read:{number}status=DATA:mime=aW1hZ2UvcG5n;AAAA\x1b\\\x1b]5522;type=read:{number}status=DONE\x1b\\"
    )
    line.send(line.terminal.paste())
    assert line.received == []


def test_what_is_no_base64_is_said() -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.answers = lambda written: line.terminal.answer(written).replace(";iVBOR", ";!!!!!")
    line.send(line.terminal.paste())
    assert "no base64" in line.problems[0]


def test_a_flood_without_an_end_is_dropped() -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.send("\x1b]5522;type=read:status=DATA;")
    for _ in range(100):
        line.send("A" * 10_000)
    line.send("\x1b\\typed")
    assert line.typed == "typed"
    line.send(line.terminal.paste())
    assert line.received == [PICTURE]


@pytest.mark.parametrize("key", ["\x1b[27u", "\x1b[A", "\x1bOP", "\x1b[<35;10;20M", "\x1b[1;5D"])
def test_a_key_in_the_middle_of_a_packet_is_typed_at_once_and_the_packet_goes_on(key: str) -> None:
    small = {"image/png": b"\x89PNG\r\n\x1a\n!"}
    listed = ClipboardTerminal(small, mode=True).paste()
    for place in range(8, listed.index("\x1b", 8)):
        line = Line(ClipboardTerminal(small))
        whole = line.terminal.paste()
        for piece in (whole[:place], key[:2], key[2:]):
            line.send(piece)
        assert line.typed == key
        line.send(whole[place:])
        assert (line.received, line.typed) == ([small["image/png"]], key)


def test_what_no_terminal_sends_in_a_packet_ends_it() -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.send("\x1b]5522;type=read:status=OK\x1b[Aä")
    assert line.typed == "\x1b[Aä"


@pytest.mark.parametrize("keys", ["\x1b", "\x1b]", "\x1b]5", "\x1b]552", "\x1b]x", "\x1b[A\x1b[<0;1;1M", "\x1b[200~a\x1b[201~"])
def test_keys_stay_keys(keys: str) -> None:
    line = Line(ClipboardTerminal(SHOT))
    line.send(keys)
    line.quiet()
    assert line.typed == keys


def test_without_such_a_terminal_all_is_handed_on_as_it_is() -> None:
    idle = PasteInput()
    for text in ("\x1b]5522;type=read:status=OK:pw=x\x1b\\", "\x1b", "a\x1b]5522;", "x" * 10_000):
        assert list(idle.feed(text)) == [text]
        assert idle.in_order(text) == text
        assert not idle.holding
        assert idle.release() == ""


def test_a_key_asks_for_the_picture_and_the_terminal_asks_its_user() -> None:
    terminal = ClipboardTerminal(SHOT, events=False)
    line = Line(terminal)
    line.input.wish()
    line.quiet()
    assert line.received == [PICTURE]
    assert (terminal.questions, terminal.requests) == ([".", "image/png"], [])


def test_where_there_is_none_it_says_so() -> None:
    line = Line(ClipboardTerminal({"text/plain": b"words"}))
    line.input.wish()
    line.quiet()
    assert "no picture on the clipboard" in line.problems[0]
    assert line.typed == ""


@pytest.mark.parametrize(("error", "problem"), [("", None), ("EPERM", "does not allow"), ("EIO", "EIO")])
def test_a_picture_is_copied_in_packets_that_every_terminal_takes(error: str, problem: str | None) -> None:
    line = Line(ClipboardTerminal({}, error=error))
    written = list(line.input.writer.packets(PICTURE, "image/png"))
    assert max(map(len, written)) < 6000
    line.send(f"a{line.terminal.answer(''.join(written))}b")
    assert line.terminal.copied == {"image/png": PICTURE}
    (copied,) = line.said
    assert isinstance(copied, Copied)
    assert (problem in str(copied.problem)) if problem else copied.problem is None
    assert line.typed == "ab"


def test_nobody_can_say_that_something_was_copied_that_was_not() -> None:
    line = Line(ClipboardTerminal({}))
    list(line.input.writer.packets(PICTURE, "image/png"))
    line.send("\x1b]5522;type=write:status=DONE\x1b\\\x1b]5522;type=write:status=DONE:id=1\x1b\\")
    assert line.said == []
