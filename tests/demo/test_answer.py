"""What the demo server says about what it is sent."""

from __future__ import annotations

from PIL import ImageColor

from minicpm_tui.demo.colours import name_of
from tests.demo.conftest import Client
from tests.wire.support import image, picture, user


def test_it_says_that_it_is_no_model_and_quotes_the_question(shared: Client) -> None:
    text = shared.text(user(words="What is the meaning\nof life?"))
    assert "not a language model" in text
    assert "> What is the meaning\n> of life?" in text


def test_it_names_format_pixels_and_colours_of_each_picture(shared: Client) -> None:
    text = shared.text(user(image(picture(640, 480)), image(picture(31, 77, "blue", "JPEG")), words="What?"))
    first, second = (line for line in text.splitlines() if line.startswith(("| 1 |", "| 2 |")))
    assert ("PNG" in first, "640×480" in first, "red 100%" in first) == (True, True, True)
    assert ("JPEG" in second, "31×77" in second, "blue 100%" in second) == (True, True, True)


def test_a_colour_has_the_name_that_people_give_it() -> None:
    seen = {"purple": "purple", "indigo": "purple", "orchid": "pink", "magenta": "pink", "maroon": "red", "saddlebrown": "brown"}
    assert {colour: name_of(*ImageColor.getrgb(colour)[:3]) for colour in seen} == seen


def test_it_counts_pictures_and_turns_of_the_whole_conversation(shared: Client) -> None:
    text = shared.text(
        user(image(picture(20, 20)), words="First?"), {"role": "assistant", "content": "Yes."}, user(words="And now?")
    )
    assert "pictures in this conversation: **1**" in text
    assert "your turns so far: **2**" in text


def test_a_chinese_question_gets_a_chinese_answer(shared: Client) -> None:
    text = shared.text(user(image(picture(20, 30)), words="这张图片里有什么？"))
    assert "没有语言模型" in text
    assert "20×30" in text
    assert "红色" in text


def test_code_comes_in_a_fence_when_it_is_asked_for(shared: Client) -> None:
    assert "```python" in shared.text(user(words="Show me some code"))
    assert "```" not in shared.text(user(words="Describe it"))


def test_a_longer_answer_has_the_words_that_were_asked_for(shared: Client) -> None:
    short, long = shared.text(user(words="Write a few words")), shared.text(user(words="Write 500 words"))
    assert len(long.split()) - len(short.split()) >= 495


def test_structured_output_follows_its_schema(shared: Client) -> None:
    properties = {"width": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}}
    schema = {"type": "object", "properties": properties, "required": ["width", "tags"]}
    form = {"type": "json_schema", "json_schema": {"name": "facts", "schema": schema}}
    text = shared.text(user(image(picture(123, 45)), words="?"), response_format=form)
    assert text == '{"width": 123, "tags": ["123×45 red"]}'
