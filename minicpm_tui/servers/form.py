"""What is to be served, as the form, the command line and a saved preset have it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from minicpm_tui.errors import ModelMissing, UsageError
from minicpm_tui.families.recognise import read_config
from minicpm_tui.i18n import _
from minicpm_tui.paths import expanded
from minicpm_tui.servers.options import OPTIONS, Option, by_flag
from minicpm_tui.servers.values import InvalidValue, Value, read
from minicpm_tui.text import one_line

_REPO_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True)
class Form:
    """Options by name (``max-model-len``, ``HF_HOME``) with typed values; absent ones are left to the preset and to vLLM.

    ``model`` is a folder or a hub id; ``gpus`` are indices or UUIDs; ``extra`` goes to vLLM as it is.
    """

    model: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    gpus: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    preset: str = "pictures"

    def with_options(self, changes: Mapping[str, Value | None]) -> Form:
        """A copy with options set; None takes one away, ``model`` and ``gpus`` are known too."""
        options = dict(self.options)
        changed = self
        for name, value in changes.items():
            if name == "model" and isinstance(value, str):
                changed = replace(changed, model=value)
            elif value is None:
                options.pop(name, None)
            else:
                options[name] = value
        return replace(changed, options=options)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the state file and for saved presets, without secrets."""
        options = {name: value for name, value in self.options.items() if OPTIONS[name].kind != "secret"}
        return {
            "model": self.model,
            "options": options,
            "gpus": list(self.gpus),
            "extra": list(self.extra),
            "preset": self.preset,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Form:
        """The other way; options that are no longer known are dropped."""
        options = data.get("options")
        return Form(
            model=str(data.get("model", "")),
            options={name: value for name, value in options.items() if name in OPTIONS} if isinstance(options, dict) else {},
            gpus=tuple(str(gpu) for gpu in data.get("gpus", ())),
            extra=tuple(str(word) for word in data.get("extra", ())),
            preset=str(data.get("preset", "pictures")),
        )


def parse_arguments(words: Sequence[str]) -> tuple[list[str], dict[str, Value]]:
    """vLLM's own options among ``words`` in every form it takes; the words that are no option come first.

    Raises UsageError, which names the nearest option for a misspelt one.
    """
    rest: list[str] = []
    options: dict[str, Value] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        flag, equals, text = word.partition("=")
        option = by_flag(flag)
        negated = by_flag(flag.replace("--no-", "--", 1)) if option is None and flag.startswith("--no-") else None
        if negated and negated.kind == "flag":
            options[negated.name] = False
        elif option is None:
            raise _unknown(flag)
        elif option.kind == "flag":
            options[option.name] = _read(option, text) if equals else True
        else:
            if not equals and not waiting:
                raise UsageError(flag, hint=_("it needs a value: {meaning}").format(meaning=_(option.meaning)))
            options[option.name] = _read(option, text if equals else waiting.pop(0))
    return rest, options


def _no_model(model: str, config: Path) -> ModelMissing:
    if config.exists():
        return ModelMissing(
            _("{model}: its config.json cannot be read").format(model=model), hint=_("copy or download the model again")
        )
    return ModelMissing(
        _("{model} contains no config.json").format(model=model), hint=_("give the folder that contains config.json")
    )


def _read(option: Option, text: str) -> Value:
    try:
        return read(option, text)
    except InvalidValue as error:
        raise UsageError(f"--{option.name} {text}", hint=str(error)) from None


def _unknown(flag: str) -> UsageError:
    names = [f"--{name}" for name, option in OPTIONS.items() if not option.env]
    near = difflib.get_close_matches(flag.replace("_", "-"), names, 1)
    hint = _("put it after -- to pass it to vLLM unchanged")
    if near:
        hint = _("did you mean {option}? If not, {hint}").format(option=near[0], hint=hint)
    return UsageError(_("unknown option {flag}").format(flag=flag), hint=hint)


def locate_model(model: str) -> tuple[str, Path | None]:
    """What vLLM is given for ``model``, and its folder where it lies on disk. Raises ModelMissing.

    A hub id stays an id, its folder being the snapshot in a cache if there is one; vLLM would call a missing folder a bad id.
    One in ModelScope's cache is served as a folder, because vLLM looks there only when it is told to.
    """
    from minicpm_tui.servers import models

    try:
        if (found := _on_disk(model)) is not None:
            return found
    except OSError as error:
        raise ModelMissing(f"{one_line(model, 200)}: {error.strerror}") from error
    if model.startswith(("/", ".", "~")) or model.count("/") > 1 or not _REPO_ID.fullmatch(model):
        raise ModelMissing(
            one_line(model, 200), hint=_("there is no such folder; minicpm-tui doctor lists the models on this disk")
        )
    folder = models.cached_folder(model)
    return (str(folder) if folder is not None and models.from_modelscope(folder) else model), folder


def _on_disk(model: str) -> tuple[str, Path] | None:
    path = expanded(model)
    if path.is_dir():
        if not read_config(path) and not list(path.glob("*.gguf")):
            raise _no_model(model, path / "config.json")
        return str(path.absolute()), path.absolute()
    if path.is_file() and path.suffix == ".gguf":
        return str(path.absolute()), path.absolute().parent
    if path.exists():
        raise ModelMissing(
            _("{model} is a file, not a folder").format(model=model), hint=_("give the folder that contains config.json")
        )
    return None
