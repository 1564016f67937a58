"""Getting escape sequences through tmux and screen to the terminal behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SCREEN_CHUNK = 700
"""screen drops longer device control strings (its limit is 768 bytes)."""


def inside_tmux(environ: Mapping[str, str]) -> bool:
    """Whether tmux started the program (or its shell) with the environment ``environ``."""
    return bool(environ.get("TMUX"))


def inside_screen(environ: Mapping[str, str]) -> bool:
    """Whether GNU screen did; where both did, tmux is the inner one."""
    return bool(environ.get("STY")) and not inside_tmux(environ)


def may_lack_other_screen(environ: Mapping[str, str]) -> bool:
    """GNU screen has a second screen only with ``altscreen on``, the console of Linux has none; what was drawn would stay."""
    return inside_screen(environ) or environ.get("TERM", "").startswith(("screen", "linux"))


def through_tmux(sequence: str) -> str:
    """``sequence`` as tmux passes it on when ``allow-passthrough`` is on; tmux drops it otherwise."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def through_screen(sequence: str) -> str:
    """``sequence`` in pieces that screen passes on."""
    return "".join(f"\x1bP{piece}\x1b\\" for piece in _pieces(sequence))


def passed_on(sequence: str, environ: Mapping[str, str]) -> str:
    """``sequence`` wrapped for the multiplexer that the program runs in, if any."""
    if inside_tmux(environ):
        return through_tmux(sequence)
    return through_screen(sequence) if inside_screen(environ) else sequence


def _pieces(sequence: str) -> Iterator[str]:
    for start in range(0, len(sequence), SCREEN_CHUNK):
        yield sequence[start : start + SCREEN_CHUNK]
