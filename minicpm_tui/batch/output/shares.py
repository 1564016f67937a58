"""How many answers are right: in all, and in each group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from minicpm_tui.batch.output.accuracy import wilson
from minicpm_tui.batch.records import Result
from minicpm_tui.i18n import _


@dataclass
class Share:
    """``correct`` of so many answers that were ``compared``."""

    compared: int = 0
    correct: int = 0

    def add(self, *, correct: bool) -> None:
        """Count one more answer."""
        self.compared += 1
        self.correct += correct

    @property
    def words(self) -> str:
        """The share with its 95 % interval, for at least one answer."""
        low, high = wilson(self.correct, self.compared)
        return _("accuracy {share:.4f} ({correct} of {compared} answers), 95 % interval {low:.4f} to {high:.4f}").format(
            share=self.correct / self.compared, correct=self.correct, compared=self.compared, low=low, high=high
        )


@dataclass
class Shares:
    """The ``whole``, the ``groups`` by their name, and how many answers are ``undecided`` between the options."""

    whole: Share = field(default_factory=Share)
    groups: dict[str, Share] = field(default_factory=dict)
    undecided: int = 0


def shares_of(results: Iterable[Result]) -> Shares:
    """Count the results that were compared. Raises what reading them raises."""
    shares = Shares()
    for result in results:
        if not isinstance(result.correct, bool):
            continue
        shares.whole.add(correct=result.correct)
        shares.undecided += result.chosen == ""
        if isinstance(result.group, str):
            shares.groups.setdefault(result.group, Share()).add(correct=result.correct)
    return shares
