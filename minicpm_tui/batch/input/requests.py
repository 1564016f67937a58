"""From rows to numbered requests, and the look through all of them before the first is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from minicpm_tui.batch.digests import DigestSet, digest
from minicpm_tui.batch.input import captions
from minicpm_tui.batch.input.fields import Fields
from minicpm_tui.batch.input.record import USUAL, Columns
from minicpm_tui.batch.input.sources import rows
from minicpm_tui.batch.input.template import fill
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _


@dataclass(frozen=True)
class Plan:
    """What is asked of what. ``prompts`` are templates; none: each row's own question."""

    inputs: tuple[str, ...]
    prompts: tuple[str, ...] = ()
    columns: Columns = USUAL

    def items(self) -> Iterator[Item]:
        """The requests, in order; the same every time while the input is the same. Raises UsageError, StorageError."""
        index = 0
        for found in rows(self.inputs, self.columns):
            row = found
            if self.prompts and found.turns:
                row = replace(found, turns=())
            elif found.misplaced and not self.prompts:
                row = replace(found, error=found.misplaced)
            for name, text, known in self._asked(row):
                yield Item(name, index, text, row, asked=asked(row, known) if row.place and not row.error else "")
                index += 1

    def _asked(self, row: Row) -> Iterator[tuple[str, str, str]]:
        """The id of each request, its text, and the text without the caption of a picture, which a run may change."""
        if row.error or row.body is not None:
            yield row.id, "", ""
        elif not self.prompts:
            if not row.text.strip():
                if row.asks:
                    raise UsageError(
                        _("{place}: the field “{field}” is empty").format(place=row.where, field=row.asks),
                        hint=_("fill it in, or ask the same about everything with --prompt"),
                    )
                raise UsageError(
                    _("there is no question about {place}").format(place=row.where),
                    hint=_(
                        "--prompt asks the same about everything; a table has a column named text, prompt or question, "
                        "or the one that --text-column names"
                    ),
                )
            yield row.id, row.text, row.text
        else:
            columns = self._columns(row)
            without = columns if columns is row.columns else Fields({**columns, captions.FIELD: ""})
            for number, prompt in enumerate(self.prompts, 1):
                text = fill(prompt, columns, row.place)
                name = f"{row.id}#{number}" if len(self.prompts) > 1 else row.id
                yield name, text, text if without is columns else fill(prompt, without, row.place)

    def _columns(self, row: Row) -> Mapping[str, str]:
        """What the prompts may name; the caption is read when one of them does."""
        return Fields({**row.columns, captions.FIELD: captions.caption_of(row)}) if self._wants_caption(row) else row.columns

    def _wants_caption(self, row: Row) -> bool:
        return captions.FIELD not in row.columns and any(f"{{{captions.FIELD}}}" in prompt for prompt in self.prompts)

    def caption_path(self, row: Row) -> Path | None:
        """The file that ``{caption}`` is read from; None where no prompt names it."""
        return captions.caption_path(row) if self._wants_caption(row) else None

    def scan(self, look: Callable[[Item], None]) -> DigestSet:
        """The ids of all requests; ``look`` sees each and may raise. Nothing is sent before this has passed.

        Raises UsageError when an input has none, or two have the same id.
        """

        def seen() -> Iterator[bytes]:
            for item in self.items():
                look(item)
                yield digest(item.id)

        ids = DigestSet(seen())
        if repeated := ids.repeated():
            self._name_repeated(repeated)
        return ids

    def _name_repeated(self, repeated: set[bytes]) -> None:
        """Raises UsageError, which says where the first two of the same id come from."""
        first: dict[str, Row] = {}
        for item in self.items():
            if digest(item.id) not in repeated:
                continue
            if (other := first.setdefault(item.id, item.row)) is item.row:
                continue
            one, two = _place(other), _place(item.row)
            if one == two:
                raise UsageError(_("{path} is an input twice").format(path=one), hint=_("name it once"))
            lines = item.row.place and other.place
            raise UsageError(
                _("the id “{id}” occurs more than once: {one} and {other}").format(id=item.id, one=one, other=two),
                hint=_("give each line its own id") if lines else _("give their common parent folder as the input"),
            )


def asked(row: Row, text: str) -> str:
    """16 hexadecimal digits that stand for what ``row`` asks with ``text``: the words, what was said before, and its files."""
    said = (text, row.system, [(turn.role, turn.content) for turn in row.turns], row.body, row.files)
    return digest(repr(said)).hex()[:16]


def _place(row: Row) -> str:
    return row.place or next(iter(row.files), row.id)
