"""Charts are SVG that a page can show."""

from xml.etree import ElementTree

import pytest
from benchmarks.documents import sample_document
from chart import WIDTH, Bar, Chart, draw, ticks
from charts import draw_charts

SVG = "{http://www.w3.org/2000/svg}"


def make_chart(*bars: Bar, is_logarithmic: bool = False) -> Chart:
    return Chart(title="A <title> & more", note="a note", bars=bars, is_logarithmic=is_logarithmic)


def bar_widths(svg: str) -> list[float]:
    return [float(bar.attrib["width"]) for bar in ElementTree.fromstring(svg).iter(f"{SVG}rect")]


def test_a_bar_twice_as_large_is_twice_as_long() -> None:
    svg = draw(make_chart(Bar(label="one", value=10, text="10"), Bar(label="two", value=20, text="20")))

    short, long = bar_widths(svg)

    assert long == pytest.approx(2 * short)


def test_equal_ratios_have_equal_lengths_on_a_logarithmic_axis() -> None:
    bars = [Bar(label=str(value), value=value, text="") for value in (2, 4, 8)]

    two, four, eight = bar_widths(draw(make_chart(*bars, is_logarithmic=True)))

    assert four - two == pytest.approx(two, abs=0.2)
    assert eight - four == pytest.approx(two, abs=0.2)


def test_markup_in_labels_is_escaped() -> None:
    root = ElementTree.fromstring(draw(make_chart(Bar(label="a < b & c", value=1, text="<1>"))))

    assert "a < b & c" in [text.text for text in root.iter(f"{SVG}text")]


def test_a_mark_beyond_the_last_bar_stays_inside_the_picture() -> None:
    root = ElementTree.fromstring(draw(make_chart(Bar(label="short", value=1, text="1", mark=50))))

    (mark,) = [line for line in root.iter(f"{SVG}line") if line.attrib["class"] == "mark"]

    assert float(mark.attrib["x1"]) < WIDTH


def test_those_who_do_not_see_the_picture_hear_its_values() -> None:
    root = ElementTree.fromstring(draw(make_chart(Bar(label="one", value=10, text="10 µs"))))

    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}desc") == "one: 10 µs."


def test_a_chart_is_readable_on_a_dark_page() -> None:
    assert "prefers-color-scheme: dark" in draw(make_chart(Bar(label="one", value=10, text="10")))


def test_a_chart_without_bars_is_refused() -> None:
    with pytest.raises(ValueError, match="has no bars"):
        draw(make_chart())


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_bar_without_a_place_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"The bar 'one' of the chart"):
        draw(make_chart(Bar(label="one", value=value, text="")))


@pytest.mark.parametrize("end", [0.7, 7, 120, 3_456])
def test_an_axis_has_a_handful_of_round_numbers(end: float) -> None:
    assert 3 <= len(ticks(end, is_logarithmic=False)) <= 8


def test_a_run_gives_a_chart_of_costs_and_one_of_ratios() -> None:
    charts = draw_charts(sample_document())

    assert sorted(charts) == ["plain-get.svg", "ratios.svg"]
    assert "C, epoll, a constant answer" in charts["plain-get.svg"]
    assert "6.50×" in charts["ratios.svg"]
