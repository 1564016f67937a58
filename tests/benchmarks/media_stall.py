"""How long the screen stands still while media are prepared: ``python -m tests.benchmarks.media_stall``.

Three photos of 12 megapixels and ten seconds of 1080p video are attached together in the running app, then asked about. A
coroutine that wants to run every 4 ms tells how late it was, beside the same while nothing happens.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.benchmarks.media_turns import make_media
from tests.ui.chat.conftest import open_app
from tests.waiting import until

STEP = 0.004
IDLE_SECONDS = 2.0


@asynccontextmanager
async def watched(what: str) -> AsyncIterator[None]:
    """Print how long the event loop was held up at worst while the block ran, in milliseconds."""
    waits: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(STEP)
            waits.append(time.perf_counter() - began - STEP)

    task = asyncio.create_task(watch())
    yield
    task.cancel()
    worst = sorted(waits, reverse=True)[:5]
    print(f"{what:10} {', '.join(f'{1000 * wait:.0f}' for wait in worst)} ms at worst, {len(waits)} looks")


async def measure(folder: Path) -> None:
    paths = tuple(map(str, make_media(folder, "pppv")))
    with serving(DemoOptions(tokens_per_second=0)) as server:
        async with open_app(url=server.url) as driver:
            await driver.connected()
            tray = driver.talk.tray
            await asyncio.sleep(IDLE_SECONDS)  # what follows the first paint is not what is measured
            async with watched("idle"):
                await asyncio.sleep(IDLE_SECONDS)
            async with watched("attaching"):
                tray.attach(paths)
                await until(lambda: len(tray.attachments) == len(paths) and all(each.prepared for each in tray.attachments))
            async with watched("asking"):
                await driver.ask("What is this?")


def main() -> None:
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        os.environ["MINICPM_TUI_HOME"] = home
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
