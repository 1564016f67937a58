#!/usr/bin/env bash
# Believed: a colour that is one of a terminal's 256 goes out as itself when Rich (and Textual) downgrades to 256 colours. So: the nine
#   bright greys from 158 to 238 go out one step of the ramp darker, and the last one, 238, cannot be had by its own value.
# Version: Rich 15.0.0. Date: 2026-11-28. Source: xterm's 256colres.pl (greys 8, 18, … 238 are numbers 232 to 255); seen in Color.downgrade.
# Hurts: whoever dithers or matches pictures to the 256 colours: light areas come out a shade too dark, and dithering does not even it out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check rich==15.0.0
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

from rich.color import Color, ColorSystem

print("Rich", version("rich"))
darker = []
for number, value in zip(range(232, 256), range(8, 239, 10)):
    sent = Color.from_rgb(value, value, value).downgrade(ColorSystem.EIGHT_BIT)
    print(f"grey {value} is number {number}; Rich sends {sent.number}, which is {sent.get_truecolor().red}")
    if sent.number == number - 1:
        darker.append(value)
    elif sent.number != number:
        sys.exit("this has changed")
print("one step darker:", darker)
sys.exit(0 if darker == list(range(158, 239, 10)) else "this has changed")
PY
