"""``python -m minicpm_tui`` is the same as the ``minicpm-tui`` command."""

from minicpm_tui.cli.main import main

if __name__ == "__main__":
    main()
