"""The window for the prompt and the sampling, from one opening to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

    from minicpm_tui.ui.chat.model import ChatModel


class Sampling:
    """Remembers what Esc left in the form."""

    def __init__(self) -> None:
        self._set_aside: dict[str, str] = {}

    async def ask(self, app: App[Any], model: ChatModel) -> None:
        """Let the user change the options of ``model``. Run it in a worker. Raises MinicpmTuiError when they cannot be saved."""
        from minicpm_tui.messages import RequestProfile
        from minicpm_tui.ui.chat.sampling_form import SamplingForm

        if model.options is None:
            return
        profile = model.connection.profile if model.connection else RequestProfile()
        form = SamplingForm(model.options, profile, self._set_aside)
        options = await app.push_screen_wait(form)
        self._set_aside = form.set_aside
        if options is not None:
            await model.change(options)
