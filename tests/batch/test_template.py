"""Prompt templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.input.template import file_columns, fill
from minicpm_tui.errors import UsageError


def test_fields_are_filled() -> None:
    columns = {**file_columns("a/cat.v2.jpg"), "art nouveau": "yes"}
    assert fill("{name} {stem} {path} {art nouveau}", columns) == "cat.v2.jpg cat.v2 a/cat.v2.jpg yes"


def test_json_in_a_prompt_stays() -> None:
    prompt = 'Answer as {"caption": "…", "tags": []} about {name}; {} {0}'
    assert fill(prompt, file_columns("x.png")) == 'Answer as {"caption": "…", "tags": []} about x.png; {} {0}'


def test_doubled_braces_are_text() -> None:
    assert fill("{{name}} is {name}", file_columns("x.png")) == "{name} is x.png"


def test_an_unknown_field_says_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        fill("{colour}", file_columns("x.png"))
    assert "{colour}" in caught.value.message
    assert "{name}" in caught.value.hint
    assert "{{colour}}" in caught.value.hint


@pytest.mark.parametrize("attack", ["{name.__class__}", "{name[0]}", "{name!r}", "{name:>99999999}"])
def test_nothing_but_names_is_looked_at(attack: str) -> None:
    assert fill(attack, file_columns("x.png")) == attack


@given(st.text())
def test_what_is_put_in_is_not_looked_at_again(value: str) -> None:
    assert fill("<{name}>", {"name": value, "x": "no"}) == f"<{value}>"
