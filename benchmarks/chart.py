"""Bar charts as SVG. This module knows nothing about what it draws.

Its rule: one file, no script, no font to load, readable on a light and on a dark page, and by those who do not see it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 800
ROW = 26
BAR = 16
TOP = 64
BOTTOM = 34
LABEL_WIDTH = 355
VALUE_WIDTH = 84  # to the right of the longest bar
LETTER = 7.2  # px: the mean width of a letter of 13 px, to guess what fits

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .note { font-size: 12px; fill: #59636e; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .bold { font-weight: 600; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .mark { stroke: #bc4c00; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note { fill: #9198a1; }
    .bar { fill: #656c76; }
    .ours { fill: #4493f8; }
    .grid { stroke: #3d444d; }
    .mark { stroke: #db6d28; }
  }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar.

    Attributes:
        text: Written behind it.
        mark: A value to mark across it, or None.
    """

    label: str
    value: float
    text: str
    is_ours: bool = False
    mark: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Horizontal bars from top to bottom.

    Attributes:
        note: A line under the title.
        is_logarithmic: Whether equal ratios have equal lengths. Bars then begin at 1.
    """

    title: str
    note: str
    bars: Sequence[Bar]
    is_logarithmic: bool = False


def draw(chart: Chart) -> str:
    """Return the chart as the text of an SVG file.

    Raises:
        ValueError: There is no bar, or a value that has no place on the axis.
    """
    if not chart.bars:
        raise ValueError(f"The chart {chart.title!r} has no bars.")
    for bar in chart.bars:
        if not math.isfinite(bar.value) or bar.value < 0:
            raise ValueError(f"The bar {bar.label!r} of the chart {chart.title!r} has the value {bar.value!r}.")
    end = axis_end(chart)
    height = TOP + ROW * len(chart.bars) + BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="description">{escape(describe(chart))}</desc>',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="20">{escape(chart.title)}</text>',
        f'<text class="note" x="0" y="40">{escape(chart.note)}</text>',
        *draw_grid(chart, end, height),
    ]
    for number, bar in enumerate(chart.bars):
        lines += draw_bar(chart, bar, TOP + ROW * number, end)
    return "\n".join([*lines, "</svg>"]) + "\n"


def describe(chart: Chart) -> str:
    return "; ".join(f"{bar.label}: {bar.text}" for bar in chart.bars) + "."


def axis_end(chart: Chart) -> float:
    return max(max(bar.value, bar.mark or 0.0) for bar in chart.bars) or 1.0


def place(value: float, end: float, *, is_logarithmic: bool) -> float:
    """Return where a value stands on the axis, in px."""
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    if is_logarithmic:
        return LABEL_WIDTH + room * math.log(max(value, 1.0)) / math.log(max(end, 1.1))
    return LABEL_WIDTH + room * value / end


def ticks(end: float, *, is_logarithmic: bool) -> list[float]:
    """Return the values of the grid lines: round numbers, about five of them."""
    if is_logarithmic:
        return [step * 10.0**power for power in range(7) for step in (1, 2, 5) if step * 10**power <= end]
    magnitude = 10.0 ** math.floor(math.log10(end))
    step = next(each * magnitude for each in (0.2, 0.5, 1, 2) if end / (each * magnitude) <= 6)
    return [step * count for count in range(int(end / step + 1e-9) + 1)]


def draw_grid(chart: Chart, end: float, height: int) -> list[str]:
    lines = []
    for value in ticks(end, is_logarithmic=chart.is_logarithmic):
        x = place(value, end, is_logarithmic=chart.is_logarithmic)
        lines.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - BOTTOM + 4}"/>')
        text = f"{value:g}" + ("×" if chart.is_logarithmic else "")
        lines.append(f'<text class="note" x="{x:.1f}" y="{height - 12}" text-anchor="middle">{text}</text>')
    return lines


def draw_bar(chart: Chart, bar: Bar, top: int, end: float) -> list[str]:
    x = place(bar.value, end, is_logarithmic=chart.is_logarithmic)
    middle = top + ROW // 2 + 4
    weight = ' class="bold"' if bar.is_ours else ""
    kind = "bar ours" if bar.is_ours else "bar"
    bar_top = top + (ROW - BAR) // 2
    lines = [
        f'<text{weight} x="{LABEL_WIDTH - 10}" y="{middle}" text-anchor="end">{escape(shorten(bar.label))}</text>',
        f'<rect class="{kind}" x="{LABEL_WIDTH}" y="{bar_top}" width="{max(x - LABEL_WIDTH, 1):.1f}" height="{BAR}" '
        'rx="2"/>',
    ]
    text_x = x
    if bar.mark is not None:
        mark = place(bar.mark, end, is_logarithmic=chart.is_logarithmic)
        lines.append(
            f'<line class="mark" x1="{mark:.1f}" y1="{bar_top - 3}" x2="{mark:.1f}" y2="{bar_top + BAR + 3}"/>'
        )
        # A value that would stand across the mark stands behind it.
        if x <= mark <= x + VALUE_WIDTH / 2:
            text_x = mark
    lines.append(f'<text{weight} x="{text_x + 6:.1f}" y="{middle}">{escape(bar.text)}</text>')
    return lines


def shorten(label: str) -> str:
    """Cut a label that would leave the picture on the left."""
    letters = int((LABEL_WIDTH - 10) / LETTER)
    return label if len(label) <= letters else label[: letters - 1].rstrip() + "…"
