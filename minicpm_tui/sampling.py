"""The sampling settings of a request, in the ranges that vLLM takes.

Source: ``SamplingParams._verify_args`` in ``vllm/sampling_params.py`` and ``ChatCompletionRequest`` (``seed``) of vLLM 0.32.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from minicpm_tui.i18n import N_, _

Temperature = Annotated[float, Meta(ge=0, le=2)]
TopP = Annotated[float, Meta(gt=0, le=1)]
TopK = Annotated[int, Meta(ge=-1, le=2**31 - 1)]
MinP = Annotated[float, Meta(ge=0, le=1)]
RepetitionPenalty = Annotated[float, Meta(gt=0, le=sys.float_info.max)]
MaxTokens = Annotated[int, Meta(ge=1)]
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

SAMPLING: dict[str, Any] = {
    "temperature": Temperature,
    "top_p": TopP,
    "top_k": TopK,
    "min_p": MinP,
    "repetition_penalty": RepetitionPenalty,
    "max_tokens": MaxTokens,
    "seed": Seed,
}
"""Names, as requests, settings and journals have them, and types."""

_EXPECTED = {
    "temperature": N_("a number from 0 to 2"),
    "top_p": N_("a number above 0, at most 1"),
    "top_k": N_("0 (no limit) or a whole number above 0"),
    "min_p": N_("a number from 0 to 1"),
    "repetition_penalty": N_("a number above 0"),
    "max_tokens": N_("a whole number above 0"),
    "seed": N_("a whole number of at most 64 bits"),
}


def parse(name: str, text: str) -> float | int:
    """The value of the setting ``name`` that ``text`` writes. Raises ValueError with words for the user."""
    try:
        value: float | int = msgspec.convert(text.strip(), SAMPLING[name], strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(mistake(name, text.strip())) from error
    return value


def mistake(name: str, value: object) -> str:
    """What is wrong with a ``value`` that the setting ``name`` does not take."""
    return _("must be {expected}, not {value}").format(expected=_(_EXPECTED[name]), value=value)
