"""Where the ``minicpm-tui`` command and ``python -m minicpm_tui`` begin."""

import gc
import sys


def main() -> None:
    """Run the command line; ends the process with the contract's exit status.

    Nothing is collected before the commands are imported, or the program has painted: a twentieth of the start would go into
    looking at what was just imported and stays.
    """
    gc.disable()
    try:
        from minicpm_tui.cli.main import main as run_command

        run_command()
    except KeyboardInterrupt:  # before, or after, the command line sees to it
        sys.exit(130)


if __name__ == "__main__":
    main()
