"""Panes, windows and small terminals."""

from __future__ import annotations

import pytest
from textual.widgets import Input, Label, TextArea

from minicpm_tui.backends.saved_keys import keys_path
from minicpm_tui.config import config_path
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.sessions import Journal
from minicpm_tui.ui.chat.connection import Connected
from minicpm_tui.ui.chat.sampling_form import SamplingForm
from minicpm_tui.ui.chat.status_line import StatusLine
from minicpm_tui.ui.chat.welcome import Welcome
from minicpm_tui.ui.files.pane import FilePane
from minicpm_tui.ui.kit.dialogs import Ask, Choose, Line
from minicpm_tui.ui.kit.help import HelpScreen, KeyTable
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import ServerLoading, ServerLost, UseServer
from minicpm_tui.ui.server.panel import ServerPanel
from minicpm_tui.ui.terminal import mouse
from tests.ui.answering import choose
from tests.ui.chat.conftest import Driver, Opener


def _shown(driver: Driver) -> set[str]:
    return {pane for pane in ("files", "talk", "server") if driver.app.chat.query_one(f"#{pane}").display}


async def test_panes_show_beside_each_other_or_one_at_a_time(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        assert _shown(driver) == {"files", "talk"}
        await driver.pilot.press("f2")
        await driver.until(lambda: driver.app.chat.focused is not None and bool(driver.app.chat.query(FilePane)))
        await driver.until(lambda: driver.app.chat.query_one(FilePane).has_focus_within)
        await driver.pilot.press("f2")
        await driver.until(lambda: _shown(driver) == {"talk"})
        await driver.pilot.resize_terminal(80, 24)
        await driver.pilot.press("f2")
        await driver.until(lambda: _shown(driver) == {"files"})
        await driver.pilot.press("escape")
        await driver.until(lambda: _shown(driver) == {"talk"} and driver.talk.composer.has_focus)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (200, 60)])
async def test_any_size_while_a_reply_streams(slow_server: DemoServer, opened: Opener, size: tuple[int, int]) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        await driver.write("go")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.reply_view.rate.tokens > 2)
        await driver.write("still here")
        await driver.pilot.resize_terminal(*size)
        before = driver.talk.reply_view.rate.tokens
        await driver.until(lambda: driver.talk.reply_view.rate.tokens > before)
        assert driver.talk.composer.text == "still here"
        for key in ("f1", "f4", "f5", "ctrl+p"):
            await driver.pilot.press(key)
            await driver.pilot.press("escape")
        driver.talk.stop()
        await driver.until(lambda: not driver.talk.running)


async def test_a_server_that_loads_is_waited_for_and_may_fail(opened: Opener) -> None:
    async with opened() as driver:
        status, welcome = driver.app.chat.query_one(StatusLine), driver.app.chat.query_one(Welcome)
        await driver.until(lambda: status.status.state == "failed")
        driver.app.post_message(ServerLoading("http://127.0.0.1:1", "/models/MiniCPM-V-4_5"))
        await driver.until(lambda: "MiniCPM-V-4_5 is loading" in str(welcome.render()))
        await driver.until(lambda: status.status.state == "connecting")
        driver.app.post_message(ServerLost("http://127.0.0.1:1", "The port is already in use"))
        await driver.until(lambda: "The port is already in use" in str(welcome.render()))
        await driver.until(lambda: status.status.state == "failed")


async def test_a_server_that_ended_is_shown_so_until_it_answers_again(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        status = driver.app.chat.query_one(StatusLine)
        driver.app.post_message(ServerLost("http://127.0.0.1:1", "another one"))
        driver.app.post_message(ServerLost(server.url, "The model does not fit"))
        await driver.until(lambda: status.status.state == "failed")
        assert driver.app.chat.query_one(Welcome).problem == "The model does not fit"
        await driver.ask("hello")
        await driver.until(lambda: status.status.state == "ready")


async def test_the_sampling_form_checks_and_the_next_request_has_it(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.pilot.press("f5")
        await driver.until(lambda: isinstance(driver.app.screen, SamplingForm))
        form = driver.app.screen
        form.query_one("#temperature", Input).value = "9"
        await driver.pilot.press("ctrl+s")
        assert driver.app.screen is form
        assert str(form.query_one("#problem", Label).content) == "Temperature must be a number from 0 to 2, not 9"
        wanted = {"temperature": 0.25, "max_tokens": 77, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.05, "seed": 7}
        for name, value in wanted.items():
            form.query_one(f"#{name}", Input).value = str(value)
        await driver.pilot.press("ctrl+s")
        await driver.until(lambda: driver.app.screen is driver.app.chat)
        await driver.ask("hello")
        assert {name: server.chats[-1][name] for name in wanted} == wanted
        assert driver.model.journal is not None
        assert Journal.open(driver.model.journal.id, read_only=True).settings.items() >= wanted.items()


async def test_what_esc_leaves_in_the_sampling_form_is_there_next_time(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()

        async def form() -> SamplingForm:
            await driver.pilot.press("f5")
            await driver.until(lambda: isinstance(driver.app.screen, SamplingForm))
            assert isinstance(driver.app.screen, SamplingForm)
            return driver.app.screen

        async def leave(key: str) -> None:
            await driver.pilot.press(key)
            await driver.until(lambda: driver.app.screen is driver.app.chat)

        await form()
        await driver.pilot.press(*"brief")
        await leave("escape")
        assert driver.model.options is not None
        assert not driver.model.options.system
        again = await form()
        assert again.query_one("#system", TextArea).text == "brief"
        assert "Not applied yet" in str(again.query_one("#problem", Label).content)
        again.query_one("#close").focus()
        await leave("enter")  # Cancel drops it
        assert not (await form()).query_one("#system", TextArea).text
        await leave("escape")


@pytest.mark.parametrize("field", ["top_k", "min_p", "repetition_penalty", "seed"])
async def test_the_sampling_form_clears_what_is_emptied(server: DemoServer, opened: Opener, field: str) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        for text in ("1", ""):
            await driver.pilot.press("f5")
            await driver.until(lambda: isinstance(driver.app.screen, SamplingForm))
            driver.app.screen.query_one(f"#{field}", Input).value = text
            await driver.pilot.press("ctrl+s")
            await driver.until(lambda: driver.app.screen is driver.app.chat)
        await driver.ask("hello")
        assert field not in server.chats[-1]


async def test_the_server_pane_hears_of_a_question(server: DemoServer, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[ServerPanel] = []

    def on_asked(panel: ServerPanel) -> None:
        heard.append(panel)

    monkeypatch.setattr(ServerPanel, "on_asked", on_asked)
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.pilot.press("f3")
        await driver.until(lambda: bool(driver.app.chat.query(ServerPanel)))
        await driver.pilot.press("escape")
        await driver.ask("hello")
        await driver.until(lambda: bool(heard))


async def test_help_has_the_keys_of_every_place_once(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        for place in ("", "ctrl+o", "f3"):
            await driver.pilot.press(*filter(None, [place]), "f1")
            await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
            texts = [command.help for table in driver.app.screen.query(KeyTable) for command in table.commands]
            for key in ("Write the message in $EDITOR", "Mark several files", "Show or hide the reasoning", "Part of a video"):
                assert sum(key in text for text in texts) == 1, (place, key)
            await driver.pilot.press("escape")
            await driver.until(lambda: driver.app.screen is driver.app.chat)


async def test_the_bottom_line_says_first_what_esc_does(slow_server: DemoServer, opened: Opener) -> None:
    def hints() -> str:
        return str(driver.app.chat.query_one(HintBar).render())

    async with opened(url=slow_server.url, size=(80, 24)) as driver:
        await driver.connected()
        assert "Esc" not in hints()
        await driver.pilot.press("f2")
        await driver.until(lambda: hints().startswith("Esc Back"))
        await driver.pilot.press("escape")
        await driver.write("go")
        await driver.pilot.press("enter", "ctrl+up")
        await driver.until(lambda: hints().startswith("Esc Stop"))
        await driver.pilot.press("escape")
        await driver.until(lambda: hints().startswith("Esc Back"))
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.talk.composer.has_focus and "Esc" not in hints())


async def test_a_server_that_cannot_be_had_is_said_while_another_is_there(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.app.post_message(UseServer("127.0.0.1:9"))
        await driver.until(lambda: "127.0.0.1:9" in driver.said)
        assert driver.talk.query_one(Welcome).link == "ready"


async def test_quitting_asks_while_a_reply_streams(slow_server: DemoServer, opened: Opener) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        await driver.write("go")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.running)
        await driver.pilot.press("ctrl+q")
        await driver.until(lambda: isinstance(driver.app.screen, Ask))
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.screen is driver.app.chat)
        assert driver.app.is_running
        driver.talk.stop()
        await driver.until(lambda: not driver.talk.running)


async def test_another_server_is_typed_in(server: DemoServer, opened: Opener) -> None:
    async with opened(url="http://127.0.0.1:9") as driver:
        welcome = driver.app.chat.query_one(Welcome)
        await driver.until(lambda: welcome.link == "failed")
        assert "127.0.0.1:9" in welcome.problem
        await driver.pilot.press("f4")
        await driver.until(lambda: isinstance(driver.app.screen, Choose))
        driver.app.screen.query_one(Input).value = server.url.removeprefix("http://")
        await driver.pilot.press("enter")
        await driver.connected()
        assert welcome.link == "ready"


async def test_find_copy_and_new(server: DemoServer, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(mouse, "write", lambda _app, sequence: written.append(sequence))
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("find the needle")
        await driver.pilot.press("ctrl+f", *"needle")
        await driver.until(lambda: driver.talk.pane.finder.searching)
        await driver.pilot.press("escape")
        assert not driver.talk.finding
        await driver.pilot.press("ctrl+y")
        await driver.until(lambda: any("]52;c;" in sequence for sequence in written))
        assert driver.app.clipboard == driver.path[1].text


async def test_a_theme_is_shown_while_the_cursor_is_on_it_and_escape_brings_the_old_one_back(opened: Opener) -> None:
    async with opened(theme="minicpm-dark") as driver:
        await driver.app.run_action("choose_theme")
        await driver.until(lambda: isinstance(driver.app.screen, Choose))
        await driver.pilot.press(*"minicpm-light")
        await driver.until(lambda: driver.app.theme == "minicpm-light")
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.theme == "minicpm-dark")
        await driver.app.run_action("choose_theme")
        await driver.until(lambda: isinstance(driver.app.screen, Choose))
        await driver.pilot.press("down")
        await driver.until(lambda: driver.app.theme != "minicpm-dark")
        shown = driver.app.theme
        await driver.pilot.press("enter")
        await driver.until(lambda: config_path().is_file() and shown in config_path().read_text())
        assert driver.app.theme == shown


async def key_asked(driver: Driver) -> str:
    await driver.until(lambda: isinstance(driver.app.screen, Line) and isinstance(driver.app.focused, Input))
    return str(driver.app.screen.query_one(".window").border_title)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_server_that_wants_a_key_is_given_one(opened: Opener, *, kept: bool) -> None:
    with serving(DemoOptions(tokens_per_second=0, api_key="open sesame")) as locked:
        async with opened(url=locked.url) as driver:
            await driver.until(lambda: driver.app.chat.query_one(Welcome).link == "failed")
            assert "F4 enters its API key" in driver.app.chat.query_one(Welcome).problem
            await driver.pilot.press("f4")
            await driver.until(lambda: isinstance(driver.app.screen, Choose) and isinstance(driver.app.focused, Input))
            await driver.pilot.press("enter")  # the first choice
            assert locked.url in await key_asked(driver)
            await driver.pilot.press(*"wrong", "enter")
            await driver.until(lambda: isinstance(driver.app.screen, Line) and not driver.app.screen.query_one(Input).value)
            assert "did not take this key" in await key_asked(driver)
            await driver.pilot.press(*"open sesame", "enter")
            await driver.until(lambda: driver.app.chat.model.session is not None)
            await choose(driver.pilot, "save" if kept else "forget")
            await driver.until(lambda: driver.app.screen is driver.app.chat)
            await driver.ask("hello")
            await driver.until(lambda: keys_path().is_file() == kept)
            await driver.app.run_action("screen.reconnect")  # the key is known until the program ends
            await driver.until(lambda: not driver.app.chat.model.connecting)
            assert isinstance(driver.app.chat.model.state, Connected)
        async with opened(url=locked.url) as driver:
            link = "ready" if kept else "failed"
            await driver.until(lambda: driver.app.chat.query_one(Welcome).link == link)
