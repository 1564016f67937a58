"""``minicpm-tui man``: the manual page, made of what the commands declare."""

from __future__ import annotations

from collections.abc import Iterator

import click

from minicpm_tui import __version__
from minicpm_tui.i18n import _


@click.command(
    "man",
    help=_(
        "Print the manual page of all commands.\n\n"
        "Read it with: minicpm-tui man | man -l -; keep it with: minicpm-tui man > ~/.local/share/man/man1/minicpm-tui.1"
    ),
)
def command() -> int:
    """See the help text."""
    from minicpm_tui.cli.root import root

    click.echo("\n".join(_page(root)))
    return 0


def _page(root: click.Group) -> Iterator[str]:
    """The lines of the page, in the language that man(7) describes."""
    context = click.Context(root, info_name="minicpm-tui")
    yield f'.TH MINICPM\\-TUI 1 "" "minicpm\\-tui {_escaped(__version__)}"'
    yield _section(_("Name"))
    yield f"minicpm\\-tui \\- {_escaped((root.help or '').rstrip('.。'))}"
    yield _section(_("Synopsis"))
    yield _synopsis(context)
    yield _section(_("Description"))
    yield from _paragraphs(_("Without a command it opens the program, which shows its keys with F1."))
    yield _section(_("Options"))
    yield from _options(context)
    yield _section(_("Commands"))
    yield from _commands(context, root)
    yield _section(_("Exit status"))
    for status, meaning in (
        ("0", _("done")),
        ("1", _("failed, or found something wrong")),
        ("2", _("wrong usage; nothing was done")),
        ("130", _("interrupted with Ctrl-C")),
    ):
        yield from (".TP", f"\\fB{status}\\fR", _escaped(meaning))


def _commands(above: click.Context, group: click.Group) -> Iterator[str]:
    for name in group.list_commands(above):
        each = group.get_command(above, name)
        if each is None or each.hidden:
            continue
        context = click.Context(each, info_name=name, parent=above)
        yield f'.SS "{_escaped(context.command_path)}"'
        yield from _paragraphs(each.help or "")
        yield ".PP"
        yield _synopsis(context)
        yield from _options(context)
        if isinstance(each, click.Group):
            yield from _commands(context, each)


def _synopsis(context: click.Context) -> str:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return f"\\fB{_escaped(context.command_path)}\\fR {_escaped(pieces)}"


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        if record := parameter.get_help_record(context):
            yield from (".TP", f"\\fB{_escaped(record[0])}\\fR", _escaped(record[1]))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (".PP", _escaped(paragraph))


def _section(name: str) -> str:
    return f'.SH "{_escaped(name).upper()}"'


def _escaped(text: str) -> str:
    """``text`` on one line that begins no request and has no escapes."""
    line = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{line}" if line.startswith((".", "'")) else line
