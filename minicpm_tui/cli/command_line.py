"""Has click read a command line and carry it out; what click refuses becomes one line, as every error of ours."""

from __future__ import annotations

import sys
from typing import Any

import click

from minicpm_tui.cli.click_texts import translate_click
from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line


def carry_out(arguments: list[str]) -> Any:
    """Carry out what ``arguments`` say; returns the exit status, or what the command returned. Raises what the command raises."""
    translate_click()
    from minicpm_tui.cli.root import root  # help texts are translated as they are imported

    try:
        with root.make_context("minicpm-tui", arguments) as context:
            result = root.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        wrong = _wrong_usage(error, root, arguments)
        warn(wrong)
        return wrong.exit_status
    except click.Abort:
        return 130
    return result


def _wrong_usage(error: click.ClickException, root: click.Group, arguments: list[str]) -> UsageError:
    """What click refuses, in one line as every error of ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else _command_path(root, arguments)
    return UsageError(one_line(error.format_message().rstrip(".。")), hint=_("see {command} --help").format(command=command))


def _command_path(command: click.Command, arguments: list[str]) -> str:
    """The command that ``arguments`` name: click does not tell which one's options it failed to read."""
    words = ["minicpm-tui"]
    for word in arguments:
        inner = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        if inner is None:
            break
        command = inner
        words.append(word)
    return " ".join(words)
