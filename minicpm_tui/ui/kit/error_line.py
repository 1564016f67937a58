"""An error as the program says it: what to do next is named by its keys, never by options of the shell."""

from __future__ import annotations

import re

from minicpm_tui.errors import ErrorInfo
from minicpm_tui.i18n import N_, _

_KEYS = (
    (r"client_max_body_size", N_("later messages go without it; Retry (r) sends it with smaller pictures")),
    (r"MINICPM_TUI_API_KEY|--api-key-env", N_("F4 enters its API key")),
    (r"--cacert|--client-cert", N_("name the file in config.toml: cacert, client_cert")),
    (r"minicpm-tui servers logs", N_("F3 shows how far it is")),
    (r"minicpm-tui servers\b", N_("F3 lists the servers")),
    (r"minicpm-tui serve\b|--url\b|--demo\b", N_("F3 starts one here, F4 chooses another or tries again")),
    (r"minicpm-tui doctor\b", N_("F3 lists the models on this disk")),
    (r"minicpm-tui sessions\b", N_("^S lists the sessions")),
    (r"--model\b", N_("F4 chooses another model")),
    (r"--max-tokens\b", N_("F5 sets the longest reply")),
    (r"--(session|continue|no-save|resume|overwrite|help)\b", ""),
)
_SERVER_OPTION = re.compile(r"--[a-z]")
"""What is left are options of vLLM: those are in the form of a start."""


def error_line(info: ErrorInfo) -> str:
    """``info`` as one line (translated). The names of options are the same in every language."""
    for pattern, keys in _KEYS:
        if re.search(pattern, info.hint):
            return ErrorInfo(info.kind, info.title, info.message, _(keys) if keys else "").line()
    if _SERVER_OPTION.search(info.hint):
        hint = _("{hint} (F3, then o)").format(hint=info.hint)
        return ErrorInfo(info.kind, info.title, info.message, hint).line()
    return info.line()
