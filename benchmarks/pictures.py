"""Curves and bars as SVG: the same figures give the same file, legible on a light page and on a dark one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.fit import exponent

Curve = Sequence[tuple[float, float]]

_INK = "#7d8590"
_COLOURS = ("#2f81f7", "#d29922", "#3fb950", "#a371f7", "#f85149", "#1b9aaa")
_STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "cashnotifyd",
    "svg.fonttype": "path",
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": _INK,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}


def curves(path: Path, found: Mapping[str, Curve], *, sizes: str, values: str, limit: tuple[str, float] | None) -> None:
    """Curves on logarithmic scales, each with its exponent; ``limit`` is what was aimed at."""
    with mpl.rc_context(_STYLE):
        figure, axes = _sheet(4.0)
        for (name, points), colour in zip(found.items(), _COLOURS, strict=False):
            label = f"{name}  (exponent {exponent(points):+.3f})" if len(points) > 1 else name
            axes.plot(*zip(*points, strict=True), marker="o", markersize=5, linewidth=2, color=colour, label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        every = [value for points in found.values() for _, value in points]
        if limit is not None:
            axes.axhline(limit[1], color=_INK, linestyle=(0, (4, 4)), linewidth=1)
            axes.annotate(limit[0], (0.01, limit[1]), xycoords=("axes fraction", "data"), va="bottom", fontsize=9)
            every.append(limit[1])
        # A flat curve shall look flat, whatever its noise.
        axes.set_ylim(min(every) / 3, max(every) * 4)
        axes.set_xlabel(sizes)
        axes.set_ylabel(values)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
        axes.grid(visible=True)
        axes.legend(loc="upper left", fontsize=9)
        _save(figure, path)


def bars(path: Path, found: Mapping[str, float], *, values: str, limit: tuple[str, float] | None) -> None:
    """A bar each, the first one ours."""
    with mpl.rc_context(_STYLE):
        figure, axes = _sheet(0.9 + 0.42 * len(found))
        names = list(found)
        colours = [_COLOURS[0]] + [_INK] * (len(names) - 1)
        drawn = axes.barh(range(len(names)), list(found.values()), color=colours, height=0.62)
        axes.bar_label(drawn, labels=[f"{value:.2f}" for value in found.values()], padding=4, color=_INK, fontsize=9)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, max(found.values()) * 1.12)
        axes.set_xlabel(values)
        if limit is not None:
            axes.axvline(limit[1], color=_COLOURS[1], linestyle=(0, (4, 4)), linewidth=1.2)
            axes.annotate(limit[0], (limit[1], 1), xycoords=("data", "axes fraction"), ha="center", fontsize=9)
        _save(figure, path)


def _sheet(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.4, height), layout="constrained")
    return figure, figure.subplots()


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # The renderer ends some lines with a blank, which no reviewer wants to see.
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
