"""Nothing from outside can steer the terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.text import format_bytes, format_count, format_duration, format_moment, model_name, one_line, printable


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    assert all(c in "\n\t" or unicodedata.category(c) != "Cc" for c in printable(text))
    assert not set(one_line(text)) & set("\n\t\r")


def test_escapes_become_visible() -> None:
    assert printable("a\x1b[31mb\x07\r\nc") == "a␛[31mb␇\nc"
    assert printable("pic\u202egpj.exe") == "pic�gpj.exe"


def test_bytes_of_a_file_name_that_are_no_text_take_one_cell_each() -> None:
    assert printable("bad\udcff.jpg") == one_line("bad\udcff.jpg") == "bad\ufffd.jpg"


def test_chinese_and_emoji_stay() -> None:
    assert printable("图片 👩‍👩‍👧 é") == "图片 👩‍👩‍👧 é"


def test_a_model_is_called_by_the_last_part_of_its_name() -> None:
    assert model_name("openbmb/MiniCPM-V-4_5") == model_name("/models/MiniCPM-V-4_5/") == "MiniCPM-V-4_5"
    assert (model_name("minicpm"), model_name(""), model_name("/")) == ("minicpm", "", "/")
    assert model_name("a/b\x1b[31m" + "c" * 60, 12) == "b␛[31mcccc" + "c…"


def test_cutting_keeps_the_limit() -> None:
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"


def test_sizes_and_times() -> None:
    assert [format_bytes(n) for n in (0, 999, 1500, 999_999, 19_000_000, 5e12)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "1.0 MB",
        "19.0 MB",
        "5.0 TB",
    ]
    assert [format_count(n) for n in (0, 9999, 20_716, 1_234_567)] == ["0", "9,999", "20.7k", "1,234.6k"]
    assert [format_duration(s) for s in (0, 7.9, 754, 3723)] == ["0:00", "0:07", "12:34", "1:02:03"]
    assert [format_moment(s) for s in (0, 7.94, 7.96, 59.96, 3723.5)] == ["0:00", "0:07.9", "0:08", "1:00", "1:02:03.5"]
