"""Draws the picture of a digest: ``python -m cashnotifyd.digests.picture FILE``, a drawing as JSON on standard input.

Nobody imports this: it is a process of its own, for the time that one picture takes.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from cashnotifyd.wording.drawings import Drawing, Panel

_WIDTH, _HEIGHT, _DPI = 1200, 675, 100
_MARGIN, _GAP = 0.045, 0.017
_PAPER, _INK, _QUIET, _GRID = "#ffffff", "#1a1f26", "#66707d", "#e6e9ed"
_BAR, _GHOST = "#2f6bdc", "#d9e0ea"

_FONTS: Final = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Hiragino Sans", "PingFang SC", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai",
)  # fmt: skip
"""The first comes with matplotlib; the others are used where the system has them."""


def main() -> None:
    """Draw what comes by standard input into the file that is named."""
    give_way()
    drawing = Drawing.from_json(sys.stdin.buffer.read().decode())
    os.umask(0o077)
    draw(drawing, Path(sys.argv[1]))


def give_way() -> None:
    """Let everything else go first, and be what ends if memory runs out: better no picture than no daemon."""
    # A service manager may forbid either.
    with suppress(OSError):
        os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def draw(drawing: Drawing, path: Path) -> None:
    """The picture as a PNG of 1200 by 675."""
    # What looks like a formula in a name ($x$) stays text.
    mpl.rcParams.update({"font.family": _families(), "text.parse_math": False})
    if drawing.in_english is not None and not all(map(_is_drawable, _words(drawing))):
        drawing = drawing.in_english
    figure = Figure((_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    _caption(figure, drawing, _legend(figure, drawing))
    width = (1 - _MARGIN) / len(drawing.panels)
    for place, panel in enumerate(drawing.panels):
        left = _MARGIN + place * width
        _heading(figure, panel, left, width - _MARGIN, size=38 if len(drawing.panels) > 1 else 48)
        _bars(figure.add_axes((left, 0.115, width - _MARGIN, 0.61)), panel)
    with path.open("wb") as file:
        figure.savefig(file, format="png", facecolor=_PAPER)


def _words(drawing: Drawing) -> Iterator[str]:
    """Its own words. A name is the same in every language."""
    yield from (drawing.when, drawing.now, drawing.before)
    for panel in drawing.panels:
        yield from (panel.headline, panel.note, panel.peak, *panel.labels, *(text for _, text in panel.lines))


def _heading(figure: Figure, panel: Panel, left: float, width: float, size: float) -> None:
    """The sum and how it has changed, as big as there is room for."""
    headline = figure.text(left, 0.815, _drawable(panel.headline), weight="bold", size=size, color=_INK, va="center")
    note = figure.text(left, 0.81, _drawable(panel.note), size=size * 0.58, color=_QUIET, va="center")
    needed = (headline.get_window_extent().width + note.get_window_extent().width) / _WIDTH + _GAP
    if needed > width:
        headline.set_fontsize(size * width / needed)
        note.set_fontsize(size * 0.58 * width / needed)
    note.set_x(headline.get_window_extent().x1 / _WIDTH + _GAP)


def _legend(figure: Figure, drawing: Drawing) -> float:
    """Which bars are of when. Returns where it begins."""
    before = _drawable(drawing.before)
    if not before or not any(panel.ghosts for panel in drawing.panels):
        return 1 - _MARGIN
    legend = figure.legend(
        [Patch(color=_BAR), Patch(color=_GHOST)], [_drawable(drawing.now), before],
        loc="center right", bbox_to_anchor=(1 - _MARGIN + 0.012, 0.925), ncols=2, fontsize=20,
        frameon=False, labelcolor=_QUIET, handlelength=0.9, handleheight=0.9, columnspacing=1.3, handletextpad=0.5,
    )  # fmt: skip
    return float(legend.get_window_extent().x0) / _WIDTH - _GAP


def _caption(figure: Figure, drawing: Drawing, right: float) -> None:
    """When, and as much of whose it is as there is room for."""
    text = figure.text(_MARGIN, 0.925, _drawable(drawing.when), size=22, color=_QUIET, va="center")
    # A name without some of its characters would be another name.
    name = drawing.name if _drawable(drawing.name) == drawing.name else ""
    when = text.get_text()
    for length in range(len(name), 0, -1):
        text.set_text(f"{when} · {name}" if length == len(name) else f"{when} · {name[:length].rstrip()}…")
        if text.get_window_extent().x1 / _WIDTH <= right:
            return
    text.set_text(when)


def _bars(axes: Axes, panel: Panel) -> None:
    places = range(len(panel.bars))
    axes.bar(places[: len(panel.ghosts)], panel.ghosts, width=0.94, color=_GHOST, zorder=2)
    axes.bar(places, panel.bars, width=0.62, color=_BAR, zorder=3)
    axes.set_ylim(0, 1.13)
    axes.set_xlim(-0.6, len(panel.bars) - 0.4)
    heights, texts = zip(*panel.lines, strict=True)
    axes.set_yticks(heights, [_drawable(text) for text in texts])
    axes.yaxis.tick_right()
    axes.grid(axis="y", color=_GRID, linewidth=1.5, zorder=1)
    axes.set_axisbelow(True)
    labelled = [place for place in places if panel.labels[place]]
    axes.set_xticks(labelled, [_drawable(panel.labels[place]) for place in labelled])
    axes.tick_params(length=0, labelsize=22, labelcolor=_QUIET, pad=8)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)
    if axes.get_window_extent().width < _WIDTH / 2:
        axes.tick_params(labelsize=17)
    _make_room(axes)
    _keep_apart(axes, len(places))
    _peak(axes, panel)


def _make_room(axes: Axes) -> None:
    """For the amounts beside the lines, which are as wide as they are."""
    widest = max(label.get_window_extent().width for label in axes.get_yticklabels())
    left, bottom, width, height = axes.get_position().bounds
    axes.set_position((left, bottom, width - (widest + 12) / _WIDTH, height))


def _keep_apart(axes: Axes, bars: int) -> None:
    """Labels under neighbouring bars are as small as they must be."""
    labels = axes.get_xticklabels()
    if len(labels) < bars:
        return
    room = axes.get_window_extent().width / bars
    needed = max(label.get_window_extent().width for label in labels) + 10
    if needed > room:
        axes.tick_params(axis="x", labelsize=float(labels[0].get_fontsize()) * room / needed)


def _peak(axes: Axes, panel: Panel) -> None:
    highest = max(panel.bars)
    place = panel.bars.index(highest)
    box = axes.get_window_extent()
    text = axes.text(
        place, highest + 0.012, _drawable(panel.peak), size=22, weight="bold", color=_INK, ha="center", va="bottom",
        zorder=4, path_effects=[withStroke(linewidth=5, foreground=_PAPER)],
    )  # fmt: skip
    said = text.get_window_extent()
    aside = max(box.x0 - said.x0, 0) - max(said.x1 - box.x1, 0)
    text.set_x(place + aside / box.width * (len(panel.bars) + 0.2))


def _families() -> list[str]:
    there = set(fontManager.get_font_names())
    return [name for name in _FONTS if name in there]


@cache
def _glyphs() -> frozenset[int]:
    there: set[int] = set()
    for family in _families():
        there.update(get_font(fontManager.findfont(FontProperties(family=family))).get_charmap())
    return frozenset(there)


def _plain(text: str) -> str:
    """The text with simpler characters for those that no font has, such as a usual yen sign for a wide one."""
    return "".join(
        character if ord(character) in _glyphs() else unicodedata.normalize("NFKC", character) for character in text
    )


def _is_drawable(text: str) -> bool:
    return all(ord(character) in _glyphs() for character in _plain(text))


def _drawable(text: str) -> str:
    """The text without the characters that would come out as empty boxes."""
    return " ".join("".join(character if ord(character) in _glyphs() else " " for character in _plain(text)).split())


if __name__ == "__main__":
    main()
