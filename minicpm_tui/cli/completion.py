"""``minicpm-tui completion``: a script that makes the shell complete commands, options, ids and files."""

from __future__ import annotations

import click

from minicpm_tui.cli.click_texts import translate_click
from minicpm_tui.i18n import _

VARIABLE = "_MINICPM_TUI_COMPLETE"
"""With it the shell asks the program what could follow."""


@click.command(
    "completion",
    help=_(
        "Print a script that completes commands, options, session ids, presets, models and files.\n\n"
        'bash: eval "$(minicpm-tui completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc; '
        "fish: minicpm-tui completion fish > ~/.config/fish/completions/minicpm-tui.fish"
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """See the help text."""
    from click.shell_completion import get_completion_class

    from minicpm_tui.cli.root import root

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root, {}, "minicpm-tui", VARIABLE).source())
    return 0


def complete(instruction: str) -> int:
    """Answer the shell, which asks with ``instruction`` (``bash_complete``); the exit status."""
    from click.shell_completion import shell_complete

    translate_click()
    from minicpm_tui.cli.root import root

    return shell_complete(root, {}, "minicpm-tui", VARIABLE, instruction)
