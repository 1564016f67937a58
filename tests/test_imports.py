"""The core stays light: importing it pulls in neither the terminal toolkit nor what takes a second to load."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import minicpm_tui

HEAVY = {"openai", "PIL", "av", "pynvml", "httpx2", "starlette", "uvicorn", "pypdfium2", "pillow_heif", "markdown_it"}
ROOMS = [info.name for info in pkgutil.iter_modules(minicpm_tui.__path__) if info.name not in {"ui", "cli", "__main__"}]


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print('\\n'.join({{name.partition('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_the_core_needs_no_terminal_and_nothing_heavy() -> None:
    imports = "\n".join(f"import minicpm_tui.{room}" for room in ROOMS)
    assert not loaded_after(imports) & (HEAVY | {"textual"})


def test_the_command_line_is_light_until_it_is_used() -> None:
    assert not loaded_after("import minicpm_tui.cli.main") & (HEAVY | {"textual", "rich"})
