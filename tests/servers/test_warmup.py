"""The small question that a server gets when it has become ready."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.servers import registry
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.servers.warmup import WarmUp
from tests.waiting import wait_for

from .conftest import HEALTHY, Start


def asked(server: LocalServer) -> list[dict[str, Any]]:
    path = Path(f"{server.argv[0]}.asked")
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
def server(start_script: Start) -> LocalServer:
    started = start_script(HEALTHY, "--limit-mm-per-prompt", '{"image": 5, "video": 1}', key="own")
    wait_for(lambda: registry.find(started.id).state == "ready")
    return started


def sizes(body: dict[str, Any]) -> list[tuple[str, list[tuple[int, int]]]]:
    found = []
    for part in body["messages"][0]["content"]:
        if part["type"] != "text":
            data = part[part["type"]]["url"].partition("base64,")[2]
            images = [Image.open(io.BytesIO(base64.b64decode(each))) for each in data.split(",")]
            found.append((part["type"], [image.size for image in images]))
    return found


def test_a_picture_and_frames_are_asked_about_with_the_familys_sampling(server: LocalServer) -> None:
    WarmUp(server).run()
    [body] = asked(server)
    assert sizes(body) == [("image_url", [(896, 448)]), ("video_url", [(448, 252)] * 2)]
    assert (body["model"], 0 < body["top_p"] < 1, body["max_tokens"] < 10) == ("tiny", True, True)


def test_a_server_that_takes_no_videos_gets_a_picture(server: LocalServer) -> None:
    Path(f"{server.argv[0]}.no-videos").touch()
    WarmUp(server).run()
    assert [[kind for kind, _sizes in sizes(body)] for body in asked(server)] == [["image_url", "video_url"], ["image_url"]]


def test_what_the_limits_forbid_is_not_sent(start_script: Start) -> None:
    pictures = start_script(HEALTHY, "--limit-mm-per-prompt", '{"image": 1, "video": 0}')
    wait_for(lambda: registry.find(pictures.id).state == "ready")
    WarmUp(pictures).run()
    assert [kind for kind, _sizes in sizes(asked(pictures)[0])] == ["image_url"]


def test_it_is_let_go_at_once(server: LocalServer) -> None:
    hangs = Path(f"{server.argv[0]}.hangs")
    hangs.touch()
    warm_up = WarmUp(server)
    thread = threading.Thread(target=warm_up.run)
    thread.start()
    wait_for(lambda: asked(server))
    warm_up.cancel()
    thread.join(5)
    hangs.unlink()
    assert not thread.is_alive()
    assert len(asked(server)) == 1


def test_a_server_that_has_gone_is_no_error(start_script: Start) -> None:
    WarmUp(start_script("import sys\nsys.exit(1)")).run()
