"""What is loaded before the first paint: each package costs every start its time."""

from __future__ import annotations

import subprocess
import sys

PACKAGES = {"click", "msgspec", "platformdirs", "rich", "textual", "typing_extensions"}
"""Distributed packages that the app's modules import, by their top-level names. The set may only shrink."""
OF_RICH = {"attr"}
"""Rich before 15 imports it where it happens to be installed."""

_CODE = """
import sys
before = set(sys.modules)
import minicpm_tui.cli.root, minicpm_tui.ui.app.run, minicpm_tui.ui.app.app
loaded = {name.partition(".")[0] for name in sys.modules.keys() - before}
print(*sorted(loaded - sys.stdlib_module_names - {"minicpm_tui"}))
"""


def test_the_start_loads_no_package_that_it_did_without() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) - PACKAGES - OF_RICH
