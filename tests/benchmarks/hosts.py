"""Chat programs of a few lines: ``python -m tests.benchmarks.hosts markdown|pane URL``. The first one is Textual's own way."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown, Static

from minicpm_tui.messages import Delta, End, Message, TextPart
from minicpm_tui.ui.conversation import ConversationPane
from minicpm_tui.ui.terminal.output.written import LeanOutput


async def ask(url: str, text: str) -> AsyncIterator[str]:
    """The tokens of a reply, one by one."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": text}]}).encode()
    writer.write(f"POST {where.path}/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"\r\n\r\n")
    while size := int((await reader.readline()).strip() or b"0", 16):
        data = (await reader.readexactly(size + 2)).strip()
        if data != b"data: [DONE]" and (choices := json.loads(data.removeprefix(b"data: "))["choices"]):
            yield choices[0]["delta"].get("content", "")
    writer.close()


class Host(App[None]):
    """An input line below what a subclass shows."""

    CSS = "Input { dock: bottom; } VerticalScroll { height: 1fr; }"

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.count = 0

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.value = ""
        self.run_worker(self.reply(event.value))

    async def reply(self, text: str) -> None:
        raise NotImplementedError


class MarkdownHost(Host):
    """Textual's Markdown widgets and their stream."""

    def compose(self) -> ComposeResult:
        yield VerticalScroll()
        yield Input(placeholder="READY")

    async def reply(self, text: str) -> None:
        scroll = self.query_one(VerticalScroll)
        await scroll.mount(Static(text, markup=False))
        widget = Markdown()
        await scroll.mount(widget)
        scroll.anchor()
        stream = Markdown.get_stream(widget)
        async for piece in ask(self.url, text):
            await stream.write(piece)
        await stream.stop()


class PaneHost(LeanOutput, Host):
    """The conversation pane."""

    def compose(self) -> ComposeResult:
        yield ConversationPane()
        yield Input(placeholder="READY")

    async def reply(self, text: str) -> None:
        pane = self.query_one(ConversationPane)
        self.count += 1
        pane.add(Message(f"u{self.count}", None, "user", (TextPart(text),), ""))
        message = Message(f"a{self.count}", f"u{self.count}", "assistant", (), "")
        pane.begin(message)
        pieces: list[str] = []
        begin = time.monotonic()
        async for piece in ask(self.url, text):
            pieces.append(piece)
            pane.feed(Delta("content", piece, time.monotonic() - begin))
        pane.finish(message.with_reply("".join(pieces), "", End("stop", seconds=time.monotonic() - begin)))


if __name__ == "__main__":
    {"markdown": MarkdownHost, "pane": PaneHost}[sys.argv[1]](sys.argv[2]).run()
