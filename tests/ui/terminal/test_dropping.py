"""What is dropped in a terminal with OSC 72 arrives whole, wherever the line cuts; nobody else is believed."""

from __future__ import annotations

import hmac
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicpm_tui.receiving.store import keep, stem_now
from minicpm_tui.ui.terminal.pasting.arrivals import AllReceived, Arriving, Hovering, Received
from minicpm_tui.ui.terminal.pasting.drop import MOST_DEPTH, MOST_ENTRIES
from minicpm_tui.ui.terminal.pasting.input import PasteInput
from minicpm_tui.ui.terminal.pasting.ways import drops
from tests.drop_terminal import DropTerminal, Link, Tree
from tests.ui.terminal.lines import LIMIT, Line

PICTURE = b"\x89PNG\r\n\x1a\n" + random.Random(0).randbytes(10_000)


def dropped(terminal: DropTerminal) -> Line[DropTerminal]:
    """The line after a drop there."""
    line = Line(terminal)
    line.send(f"a{terminal.hover()}{terminal.drop()}b")
    return line


def left_out(line: Line[DropTerminal]) -> str:
    return "; ".join(text for message in line.said if isinstance(message, AllReceived) for text in message.left_out)


@pytest.mark.parametrize("keys_on", ["all", "first"])
@pytest.mark.parametrize("chunk", [4096, 4, 997])
@pytest.mark.parametrize("end", ["\x1b\\", "\x07"])
def test_files_of_another_machine_arrive_whole(keys_on: str, chunk: int, end: str) -> None:
    files = {"shot.png": PICTURE, "empty": b"", "clip.mp4": PICTURE[::-1]}
    line = dropped(DropTerminal(files, keys_on=keys_on, chunk=chunk, end=end))
    assert line.received == list(files.values())
    assert line.typed == "ab"
    assert line.terminal.asked == ["x=1", "x=1:y=1", "x=1:y=2", "x=1:y=3"]
    assert line.terminal.finished == ["1"]
    assert [type(message) for message in line.said] == [Hovering, Hovering, Arriving, Received, Received, Received, AllReceived]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1))
def test_wherever_the_line_cuts(sizes: list[int]) -> None:
    def cut(text: str) -> list[str]:
        places = [0]
        while places[-1] < len(text):
            places.append(places[-1] + sizes[len(places) % len(sizes)])
        return [text[start:end] for start, end in pairwise(places)]

    terminal = DropTerminal({"ä.png": b"\x89PNG\r\n\x1a\n!", "folder": {"b.png": b"two"}}, keys_on="first")
    line = Line(terminal, cut)
    line.send(f"ä{terminal.hover()}x\x1b[A{terminal.drop()}y")
    assert line.received == [b"\x89PNG\r\n\x1a\n!", b"two"]
    assert line.typed == "äx\x1b[Ay"


def test_a_folder_is_taken_with_what_is_in_it_but_no_links() -> None:
    tree: Tree = {"a.png": b"one", "link": Link("/etc/passwd"), "deep": {"b.png": b"two", ".DS_Store": b"hidden"}}
    line = dropped(DropTerminal({"holiday": tree, "c.png": b"three"}))
    assert line.received == [b"three", b"one", b"two"]
    assert line.terminal.closed == [2, 3]
    assert left_out(line) == "1 symbolic link left out"
    assert line.terminal.finished == ["1"]


def test_a_folder_has_its_bounds() -> None:
    line = dropped(DropTerminal({"many": {f"{number}.png": b"x" for number in range(MOST_ENTRIES + 7)}}))
    assert len(line.received) == MOST_ENTRIES - 1
    assert "8 more than 500 were left out" in left_out(line)
    tree: Tree = {"x.png": b"deep"}
    for _level in range(MOST_DEPTH + 3):
        tree = {"f": tree}
    line = dropped(DropTerminal(tree))
    assert line.received == []
    assert "1 folder lies too deep" in left_out(line)
    assert line.terminal.finished == ["0"]


def test_names_of_the_terminal_lead_nowhere(tmp_path: Path) -> None:
    line = dropped(DropTerminal({"../../x": {"x/../../../etc/cron.d/x": PICTURE, "/abs": PICTURE}}))
    received = [message for message in line.said if isinstance(message, Received)]
    kept = [keep(message.data, tmp_path / "received", stem_now(message.source)) for message in received]
    assert [each.parent for each in kept] == [tmp_path / "received"] * 2
    assert all(each.name.startswith("dropped-") for each in kept)
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2


def test_files_of_this_machine_are_pasted_as_their_paths() -> None:
    line = dropped(DropTerminal({"a.png": PICTURE, "b.png": PICTURE}, remote=False))
    assert line.typed == "ab<file:///Users/me/a.png\nfile:///Users/me/b.png>"
    assert (line.received, line.terminal.finished) == ([], ["1"])


def test_a_picture_of_a_browser_is_taken_rather_than_its_address() -> None:
    data = {"text/html": b"<img>", "text/uri-list": b"https://example.org/a\r\n", "image/jpeg": b"jpeg", "image/png": PICTURE}
    line = dropped(DropTerminal(data=data, remote=False))
    assert line.received == [PICTURE]
    assert line.terminal.asked == ["x=2", "x=4"]
    line = dropped(DropTerminal(data={"text/uri-list": b"https://example.org/a\r\n"}, remote=False))
    assert line.typed == "ab<https://example.org/a>"


def test_text_is_pasted() -> None:
    assert dropped(DropTerminal(data={"text/plain": "grüße".encode()})).typed == "ab<grüße>"


def test_what_hovers_is_answered_once_with_what_is_wanted() -> None:
    terminal = DropTerminal({"a.png": PICTURE}, {"text/plain": b"a", "image/webp": b"w", "image/png": b"p", "x/y": b""})
    line = Line(terminal)
    line.send(terminal.hover())
    assert terminal.wanted == "1;text/uri-list image/png image/webp text/plain"
    terminal.wanted = ""
    line.send(terminal.hover(4, listed=False))
    assert terminal.wanted == ""
    line.send(terminal.hover(-1))
    assert [message.over for message in line.said if isinstance(message, Hovering)] == [True, False]
    line.send(terminal.hover())
    assert terminal.wanted.startswith("1;text/uri-list")


def test_a_window_takes_text_alone() -> None:
    terminal = DropTerminal({"a.png": PICTURE})
    line = Line(terminal)
    line.pictures = False
    line.send(terminal.hover())
    assert terminal.wanted == "0;"
    line.send(terminal.drop())
    assert (line.said, terminal.asked, terminal.finished) == ([], [], ["0"])


@pytest.mark.parametrize(("error", "words"), [("EPERM", "does not allow"), ("ENOENT", "not find"), ("EWHAT", "EWHAT")])
def test_an_error_ends_it_and_is_said(error: str, words: str) -> None:
    line = dropped(DropTerminal({"a.png": PICTURE, "b.png": PICTURE}, error=error))
    assert words in line.problems[0]
    assert (line.received, line.typed, line.terminal.finished) == ([], "ab", ["0"])


@pytest.mark.parametrize("wrong", ["x=2:y=1", "x=1:y=9", "Y=7:x=1", "x=1", "x=a:y=b"])
def test_an_answer_to_something_else_is_not_ours(wrong: str) -> None:
    terminal = DropTerminal({"a.png": PICTURE})
    line = Line(terminal)
    line.answers = lambda written: terminal.answer(written).replace("x=1:y=1", wrong)
    line.send(f"{terminal.drop()}typed")
    assert (line.received, line.typed) == ([], "typed")


def test_more_than_the_limit_is_not_taken_of_one_file_but_of_several() -> None:
    line = dropped(DropTerminal({"a.png": bytes(LIMIT), "b.png": bytes(LIMIT)}))
    assert [len(each) for each in line.received] == [LIMIT, LIMIT]
    line = dropped(DropTerminal({"a.png": b"a", "b.png": bytes(LIMIT + 1), "c.png": b"c"}))
    assert line.received == [b"a"]
    assert "too large" in line.problems[0]
    assert (line.typed, line.terminal.finished) == ("ab", ["0"])


def test_a_terminal_that_stops_is_given_up_and_what_is_typed_stays(clock: list[float]) -> None:
    terminal = DropTerminal({"a.png": PICTURE})
    line = Line(terminal)
    line.answers = lambda written: terminal.answer(written) if "y=1" not in written else ""
    line.send(f"{terminal.drop()}typed")
    clock[0] += 9
    line.quiet()
    assert line.problems == []
    clock[0] += 2
    line.quiet()
    assert "nothing for 10 s" in line.problems[0]
    assert (line.typed, terminal.finished) == ("typed", ["0"])
    line.answers = terminal.answer
    line.send(terminal.drop())
    assert line.received == [PICTURE]


def test_the_user_stops_it_and_what_still_comes_is_dropped() -> None:
    terminal = DropTerminal({"a.png": PICTURE, "b.png": PICTURE})
    line = Line(terminal)
    late: list[str] = []

    def note(written: str) -> str:
        answered = terminal.answer(written)
        late.append(answered if "y=1" in written else "")
        return "" if "y=1" in written else answered

    line.answers = note
    line.send(terminal.drop())
    (arriving,) = [message for message in line.said if isinstance(message, Arriving)]
    arriving.transfer.stop()
    line.quiet()
    line.send(f"{''.join(late)}typed")
    assert (line.received, line.typed) == ([], "typed")
    assert "stopped" in line.problems[0]


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b]72;t=r:x=1:y=1;AAAA\x1b\\\x1b]72;t=r:x=1:y=1:m=0\x1b\\",
        "\x1b]72;t=R:x=1;EPERM:nö\x1b\\",
        "\x1b]72;m=1;AAAA\x1b\\\x1b]72;m=0\x1b\\",
        "\x1b]72;\x07",
        "\x1b]72;;;;===:::\x07",
        "\x1b]72;t=o:x=1\x07",
        "\x1b]72;t=m:x=-1:y=-1\x07",
    ],
)
def test_what_nobody_asked_for_does_nothing(sent: str) -> None:
    line = Line(DropTerminal({"a.png": PICTURE}))
    line.send(f"a{sent}b")
    assert (line.typed, line.said, line.terminal.asked) == ("ab", [], [])


def test_a_flood_without_an_end_is_dropped() -> None:
    line = Line(DropTerminal({"a.png": PICTURE}))
    line.send("\x1b]72;t=r:x=1;")
    for _ in range(100):
        line.send("A" * 10_000)
    line.send("\x1b\\typed")
    for _ in range(50):
        line.send(f"\x1b]72;t=m:x=1:y=1:m=1;{'image/png ' * 400}\x1b\\")
    line.send(f"\x1b]72;m=0\x1b\\{line.terminal.drop()}")
    assert (line.received, line.typed) == ([PICTURE], "typed")


def test_without_such_a_terminal_all_is_handed_on_as_it_is() -> None:
    idle = PasteInput()
    text = DropTerminal({"a.png": PICTURE}).drop()
    assert list(idle.feed(text)) == [text]


def test_the_terminal_is_told_which_machine_this_is(tmp_path: Path) -> None:
    machine = tmp_path / "machine-id"
    machine.write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    digest = hmac.new(b"tty-dnd-protocol-machine-id", b"3d1219c7c4c5404aaa1f6d2a48adfda4", "sha256").hexdigest()
    terminal = DropTerminal()
    on, off = drops(machine)
    terminal.answer(on)
    assert (terminal.on, terminal.machine) == (True, f"1:{digest}")
    terminal.answer(off)
    assert not terminal.on
    assert drops(tmp_path / "none")[0] != drops(tmp_path / "none")[0]
