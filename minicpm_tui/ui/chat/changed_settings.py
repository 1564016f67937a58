"""Which settings of a conversation are not the model's own, in words for the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.i18n import N_, _

if TYPE_CHECKING:
    from minicpm_tui.messages import RequestOptions, RequestProfile

_WORDS = {
    "temperature": N_("temperature {value:g}"),
    "top_p": N_("top p {value:g}"),
    "top_k": N_("top k {value}"),
    "min_p": N_("min p {value:g}"),
    "repetition_penalty": N_("repetition penalty {value:g}"),
    "max_tokens": N_("at most {value:,} tokens"),
    "seed": N_("seed {value}"),
}


def changed_settings(options: RequestOptions, profile: RequestProfile | None) -> tuple[str, ...]:
    """What a user should know when a reply is other than expected: translated, the weightiest first.

    A value that is the one ``profile`` has anyway is no change; None: which model it will be is not known.
    """
    found = [_("system prompt")] if options.system.strip() else []
    if profile is not None and profile.knows_thinking and options.thinking not in {None, profile.thinks_by_default}:
        found.append(_("thinking on") if options.thinking else _("thinking off"))
    for field, words in _WORDS.items():
        value = getattr(options, field)
        if value is not None and value != getattr(profile, field, None):
            found.append(_(words).format(value=value))
    return tuple(found)
