"""The core stays light: importing it pulls in neither the terminal toolkit nor what takes long to load."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import minicpm_tui

ROOT = Path(minicpm_tui.__file__).parents[1]
HEAVY = {
    "textual",
    "openai",
    "PIL",
    "av",
    "pynvml",
    "httpx2",
    "starlette",
    "uvicorn",
    "pypdfium2",
    "pillow_heif",
    "numpy",
    "regex",
}
HEAVY |= {"markdown_it", "pygments", "jsonschema", "pydantic"}
SERVER = {"starlette"}
NEEDED = {
    f"minicpm_tui.demo.{name}": SERVER for name in ("__main__", "app", "chat", "completions", "guards", "responses", "testing")
} | {
    "minicpm_tui.backends.bounded": {"httpx2"},
    "minicpm_tui.backends.exchange": {"httpx2"},
    "minicpm_tui.backends.network": {"httpx2"},
    "minicpm_tui.media.deep_png": {"PIL", "av"},
    "minicpm_tui.media.deep_tiff": {"PIL"},
    "minicpm_tui.media.dicom": {"PIL"},
    "minicpm_tui.media.drawing": {"PIL"},
}
"""Modules that are imported where these packages are needed: the demo's own process, the network's client, requests and errors,
pictures that Pillow alone would show wrongly."""
COMES_WITH = {"anyio": "httpx2", "httpcore2": "httpx2", "referencing": "jsonschema"}
"""Parts of another package's own interface."""
ABOVE = ("minicpm_tui.ui", "minicpm_tui.cli", "minicpm_tui.__main__")
SCRIPTS = "minicpm_tui.batch.vllm.worker."
"""Run by vLLM's interpreter from their own folder; they are no modules of the program."""

_CODE = """
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
    for heavy in {heavy!r} & {{loaded.partition(".")[0] for loaded in sys.modules}}:
        print(heavy, "by", name, flush=True)
    if {heavy!r} & sys.modules.keys():
        break
"""


def modules() -> list[str]:
    """Every module of the program below ``ui`` and ``cli``."""
    found = (info.name for info in pkgutil.walk_packages(minicpm_tui.__path__, "minicpm_tui."))
    return [name for name in found if not name.startswith((*ABOVE, SCRIPTS))]


def heavy_after(*names: str, heavy: set[str] = HEAVY) -> list[str]:
    """What a fresh interpreter has loaded of ``heavy`` after these imports, and after which of them."""
    code = _CODE.format(names=names, heavy=heavy)
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()


def test_the_core_needs_no_terminal_and_nothing_heavy() -> None:
    core = modules()
    assert {"minicpm_tui.chat.session", "minicpm_tui.backends.openai", "minicpm_tui.media.videos", "minicpm_tui.config"} <= set(
        core
    )
    assert not heavy_after(*(name for name in core if name not in NEEDED))


def test_what_is_let_off_needs_it() -> None:
    for name, needed in NEEDED.items():
        assert needed <= {line.split()[0] for line in heavy_after(name)}, name


def test_the_command_line_is_light_until_it_is_used() -> None:
    assert not heavy_after("minicpm_tui.cli.main", heavy=HEAVY | {"rich"})


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {re.split(r"[^\w.-]", each)[0].lower() for each in declared}
    installed = packages_distributions()
    undeclared = set()
    for path in (ROOT / "minicpm_tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for module in {each.partition(".")[0] for each in modules} - sys.stdlib_module_names - {"minicpm_tui"}:
                distributions = {name.lower().replace("_", "-") for name in installed.get(module, [module])}
                if not distributions & names and COMES_WITH.get(module) not in names:
                    undeclared.add((str(path.relative_to(ROOT)), module))
    assert not undeclared
