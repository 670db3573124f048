"""Plain text tables. This module knows nothing about what it prints."""

from collections.abc import Sequence


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows under a head, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [format_row(head, widths), "  ".join("-" * width for width in widths)]
    return "\n".join([*lines, *(format_row(row, widths) for row in rows)])


def format_row(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *rest]).rstrip()


def verdict(*, reached: float, target: float) -> str:
    return "pass" if reached >= target else f"miss ({reached / target - 1:+.0%})"
