"""Keeps the composer's place in the first frame."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from minicpm_tui.ui.composer.composer import Composer


class ComposerPlace(Widget):
    """Looks as an empty composer that has the keyboard: the field itself is imported once this shows."""

    def __init__(self) -> None:
        super().__init__(id="composer-place")
        self._words = _("Ask about pictures and videos…  @ completes paths")

    async def give_way(self, *, ready: asyncio.Event) -> Composer:
        """Put a composer here, with the keyboard in it, in place of this. It sends nothing before ``ready`` is set."""
        await asyncio.to_thread(import_module, "minicpm_tui.ui.composer.composer")
        from minicpm_tui.ui.composer.composer import Composer

        assert isinstance(self.parent, Widget)
        composer = Composer(ready=ready)
        composer.placeholder = self._words
        with self.app.batch_update():
            await self.parent.mount(composer, after=self)
            composer.focus()
            await self.remove()
        return composer

    def render(self) -> RenderResult:
        return Content.styled(self._words, "$text-muted")
