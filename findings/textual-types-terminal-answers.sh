#!/usr/bin/env bash
# Believed: a toolkit that reads the terminal drops what it does not know of it: xterm's manual has programs ignore OSC and DCS strings as a
#   whole. So: an app made with Textual that asks its terminal anything by OSC (its background, its clipboard) gets the answer typed into the
#   field that has the focus, letter by letter with a ^ before it, whole or cut; the app itself is told nothing of it.
# Version: Textual 8.2.8. Date: 2026-11-28. Source: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 11, OSC 5522); seen in a pty.
# Hurts: whoever wants light or dark, pictures from the clipboard or drops from the terminal in a Textual app, and its users whose terminal
#   answers late.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
cat > "$work/app.py" <<'PY'
import sys
from textual.app import App
from textual.widgets import Input


class Ask(App):
    def compose(self):
        yield Input()

    def on_ready(self):
        open(sys.argv[1], "w").close()

    def on_input_submitted(self, event):
        self.exit(event.value)


value = Ask().run()
open(sys.argv[1], "w").write(repr(value))
PY
"$work/venv/bin/python" - "$work" <<'PY'
import ast, importlib.metadata, os, pty, select, sys, time

print("Textual", importlib.metadata.version("textual"))
folder, typed = sys.argv[1], {}
answers = {
    "OSC 11, the background": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    "OSC 5522, the clipboard": b"\x1b]5522;type=read:status=DONE\x07",
    "DCS, a setting": b"\x1bP1$r0m\x1b\\",
}
for name, answer in answers.items():
    result = f"{folder}/result"
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, f"{folder}/app.py", result])
    sent, until = False, time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                break
        if not sent and os.path.exists(result):
            sent = True
            os.write(terminal, b"abc" + answer + b"def\r")
    os.waitpid(pid, 0)
    typed[name] = ast.literal_eval(open(result).read())
    os.unlink(result)
    print(f"{name}: the user has typed 'abcdef', the field holds {typed[name]!r}")
sys.exit(0 if all(value != "abcdef" for value in typed.values()) else "Textual does not type them any more")
PY
