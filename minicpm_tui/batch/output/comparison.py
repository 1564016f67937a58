"""``--expect``: what each answer is compared with and how, and what a result says of it."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minicpm_tui.batch.input.multiple_choice import options_of
from minicpm_tui.batch.output.accuracy import Match, matches
from minicpm_tui.batch.output.choice import chosen_option
from minicpm_tui.batch.output.words import plain
from minicpm_tui.batch.records import Item
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

CHOICE: Match = "choice"
_LETTERS = string.ascii_uppercase


@dataclass(frozen=True)
class Comparison:
    """Compares with ``column``.

    ``options``: the columns that hold the options of a ``choice``, named A, B, … in their order unless the columns are single
    letters themselves; none: the columns A, B, … that a row has, else letters alone. ``group``: the column by which accuracy is
    told apart.
    """

    column: str
    match: Match = "exact"
    options: tuple[str, ...] = ()
    group: str = ""

    @property
    def words(self) -> str:
        """All of it as one text, for the manifest."""
        more = (f"options={','.join(self.options)}" if self.options else "", f"group-by={self.group}" if self.group else "")
        return " ".join(filter(None, (self.column, self.match, *more)))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a result that are filled."""
        return (
            "expected",
            "correct",
            *(("chosen",) if self.match == CHOICE else ()),
            *(("group",) if self.group else ()),
        )

    def check(self, item: Item) -> None:
        """Raises UsageError when the columns are not there or cannot be compared with, for a request that can be asked."""
        if item.row.error:
            return
        columns = item.row.columns
        for name in filter(None, (self.column, self.group, *self.options)):
            if name not in columns:
                raise UsageError(_("{place} has no field “{field}” to compare with").format(place=item.row.where, field=name))
        if not columns[self.column].strip():
            raise UsageError(
                _("{place}: the field “{field}” is empty").format(place=item.row.where, field=self.column),
                hint=_("--expect compares with it: fill it in, or leave this record out"),
            )
        try:
            if self.match == CHOICE:
                self._expected_letter(columns)
            else:
                matches("", columns[self.column], self.match)
        except UsageError as error:
            raise UsageError(f"{item.row.where}: {error.message}") from None

    def of(self, text: str, columns: Mapping[str, str]) -> dict[str, Any]:
        """The fields of the result whose answer is ``text``."""
        expected = columns.get(self.column)
        if expected is None:
            return {}
        found: dict[str, Any] = {"expected": expected}
        if self.group:
            found["group"] = columns.get(self.group, "")
        if self.match == CHOICE:
            right, chosen = self._expected_letter(columns), chosen_option(text, self._options(columns))
            return {**found, "expected": right, "chosen": chosen, "correct": chosen == right}
        return {**found, "correct": matches(text, expected, self.match)}

    def _options(self, columns: Mapping[str, str]) -> dict[str, str]:
        if not self.options:
            own = options_of(columns)
            return own or dict.fromkeys(_LETTERS, "")
        lettered = all(len(name) == 1 and name in _LETTERS for name in self.options)
        named = zip(self.options if lettered else _LETTERS, (columns.get(name, "") for name in self.options), strict=False)
        return {letter: text for letter, text in named if text.strip()}

    def _expected_letter(self, columns: Mapping[str, str]) -> str:
        """The letter of the right option, which the column names by its letter or by its words. Raises UsageError."""
        options, expected = self._options(columns), columns[self.column].strip()
        if (letter := expected.strip("().").upper()) in options:
            return letter
        fitting = [letter for letter, text in options.items() if text and plain(text) == plain(expected)]
        if len(fitting) != 1:
            raise UsageError(_("“{text}” is none of the options").format(text=expected))
        return fitting[0]
