"""A server that takes pictures and drops them is found out at the first reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.chat.uncounted import doubtful, dropped
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import serving
from minicpm_tui.media.spec import AttachmentSpec
from tests.chat.conftest import Opener, hear

DROPS = Faults(drops_media=True)


@pytest.mark.parametrize("model", ["Qwen/Qwen3-0.6B", "openbmb/MiniCPM-V-4_5"])
async def test_it_is_said_that_the_picture_was_not_counted(talking: Opener, picture: Path, model: str) -> None:
    with serving(DemoOptions(tokens_per_second=0, model=model, faults=DROPS)) as server:
        async with talking(server) as session:
            heard = await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
            assert sum("did not count the picture" in notice for notice in heard.notices) == 1
            assert [len(chat["messages"]) for chat in server.chats] == [1, 1]
            assert server.chats[1]["max_tokens"] == 1
            plain = await hear(session.send("And without one?"))
            assert plain.notices == []


async def test_nothing_is_asked_twice_where_pictures_are_counted(talking: Opener, picture: Path) -> None:
    for model in ("some/Unknown-VL", "openbmb/MiniCPM-V-4_5"):
        with serving(DemoOptions(tokens_per_second=0, model=model)) as server:
            async with talking(server) as session:
                heard = await hear(session.send("What is it? " * 20, [AttachmentSpec(path=picture)]))
                assert not any("did not count" in notice for notice in heard.notices)


def test_batch_says_it_once(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    with serving(DemoOptions(tokens_per_second=0, faults=DROPS)) as server:
        command = ["batch", "--url", server.url, "--prompt", "What is it?", "-o", str(out), str(picture), str(picture.parent)]
        assert run(command) == 0
    assert capsys.readouterr().err.count("did not count the picture") == 1


def test_a_long_text_is_doubted_and_the_comparison_decides() -> None:
    assert doubtful(1000, 800, 1)
    assert not dropped(1000, 936, 1)
    assert dropped(1000, 998, 1)
    assert not doubtful(500, 10, 2)
