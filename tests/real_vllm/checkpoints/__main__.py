"""Makes them: see the package's text."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.real_vllm.checkpoints import LEGACY

for word in sys.argv[1:]:
    name, _, folder = word.partition("=")
    module = "legacy" if name in LEGACY else "native"
    importlib.import_module(f"tests.real_vllm.checkpoints.{module}").make(name, Path(folder))
