"""What is said at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minicpm_tui.batch.output.jsonl import read_results
from minicpm_tui.batch.output.shares import Shares, shares_of
from minicpm_tui.batch.progress import Tally
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import EndKind
from minicpm_tui.text import format_duration


@dataclass(frozen=True)
class Summary:
    """``failed`` of this run, ``missed`` those that were never asked, ``ends`` how the others ended, ``sidecars`` what is to be
    told of theirs, ``limit`` what held it up; ``confusions`` is where the table of them lies, ``untabled`` says why there are no
    tables, ``shares`` are those of the whole output, where a reference answer was given.
    """

    output: Path
    total: int
    done: int
    failed: int
    missed: int
    seconds: float
    tokens: int
    shares: Shares = field(default_factory=Shares)
    ends: Mapping[EndKind, int] = field(default_factory=dict)
    sidecars: Mapping[str, int] = field(default_factory=dict)
    limit: str = ""
    confusions: Path | None = None
    untabled: str = ""

    @property
    def answered(self) -> str:
        """The first line: how many were answered, and where the answers are."""
        if self.done == self.failed:  # a speed of nothing is none
            return _("0 answered in {time}: {path}").format(time=format_duration(self.seconds), path=self.output)
        rate = self.done / self.seconds if self.seconds else 0.0
        return _("{done} answered in {time} ({rate:.1f} requests/s, {tokens} tokens): {path}").format(
            done=self.done - self.failed, time=format_duration(self.seconds), rate=rate, tokens=self.tokens, path=self.output
        )

    def lines(self) -> list[str]:
        """For stderr."""
        lines = [self.answered]
        if self.failed:
            lines.append(
                ngettext(
                    "{count} request failed — its line says why; --resume asks again",
                    "{count} requests failed — their lines say why; --resume asks again",
                    self.failed,
                ).format(count=self.failed)
            )
        lines += [*self._incomplete(), *self._beside()]
        if self.missed:
            lines.append(
                ngettext(
                    "{count} request was not asked: the input has changed meanwhile — --resume looks again",
                    "{count} requests were not asked: the input has changed meanwhile — --resume looks again",
                    self.missed,
                ).format(count=self.missed)
            )
        if self.confusions is not None:
            lines.append(_("which option was taken for which: {path}").format(path=self.confusions))
        return [*lines, *filter(None, (self.limit, self.untabled))]

    def _incomplete(self) -> list[str]:
        """A line for each way in which answers ended before they were whole."""
        counts = [self.ends.get(kind, 0) for kind in ("length", "empty", "refusal", "content_filter", "repetition")]
        cut, empty, refused, held, circling = counts
        lines = (
            ngettext("{count} answer was cut off at the token limit", "{count} answers were cut off at the token limit", cut),
            ngettext("{count} answer is empty", "{count} answers are empty", empty),
            ngettext("{count} answer is a refusal", "{count} answers are refusals", refused),
            ngettext("{count} answer was cut by a content filter", "{count} answers were cut by a content filter", held),
            ngettext("{count} answer kept repeating itself", "{count} answers kept repeating themselves", circling),
        )
        return [line.format(count=count) for count, line in zip(counts, lines, strict=True) if count]

    def _beside(self) -> list[str]:
        """A line for each thing to tell of the sidecars."""
        counts = [self.sidecars.get(what, 0) for what in ("cut", "empty", "kept", "replaced", "nowhere")]
        cut, empty, kept, replaced, nowhere = counts
        lines = (
            ngettext("{count} sidecar holds an answer that was cut off", "{count} sidecars hold answers that were cut off", cut),
            ngettext(
                "no sidecar is written for {count} empty answer", "no sidecars are written for {count} empty answers", empty
            ),
            ngettext(
                "{count} sidecar was already there and is kept: the answer is in the output alone",
                "{count} sidecars were already there and are kept: the answers are in the output alone",
                kept,
            ),
            ngettext(
                "{count} sidecar that no run of this output had written was replaced",
                "{count} sidecars that no run of this output had written were replaced",
                replaced,
            ),
            ngettext(
                "no sidecar is written for {count} answer: its picture is no file of its own here",
                "no sidecars are written for {count} answers: their pictures are no files of their own here",
                nowhere,
            ),
        )
        return [line.format(count=count) for count, line in zip(counts, lines, strict=True) if count]

    def accuracy(self) -> list[str]:
        """For stdout; none when nothing was compared. A line for all, one for each group, and what does not count."""
        if not (whole := self.shares.whole).compared:
            return []
        line = whole.words
        if self.failed:
            line += "; " + ngettext(
                "{count} failed request is not counted", "{count} failed requests are not counted", self.failed
            ).format(count=self.failed)
        lines = [line, *(f"{name or '–'}: {share.words}" for name, share in sorted(self.shares.groups.items()))]
        if undecided := self.shares.undecided:
            lines.append(
                ngettext(
                    "{count} answer names none of the options, or several: it counts as wrong",
                    "{count} answers name none of the options, or several: they count as wrong",
                    undecided,
                ).format(count=undecided)
            )
        return lines


def summarise(output: Path, tally: Tally, total: int) -> Summary:
    """Count what the run did; the comparisons are read from the whole output. Raises StorageError. Blocks."""
    return Summary(
        output=output,
        total=total,
        done=tally.done,
        failed=tally.failed,
        missed=tally.total - tally.done,
        seconds=tally.seconds_used,
        tokens=tally.tokens,
        shares=shares_of(read_results(output) if output.exists() else ()),
        ends=tally.ends,
        sidecars=tally.sidecars,
    )
