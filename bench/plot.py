"""A picture of it: a panel for each work, a bar for each contender."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from measuring import Result, Work, median

OURS, OTHERS, FLOOR = "#27aae1", "#9aa5b1", "#d9dee3"
COLUMNS = 3


def plot(path: Path, everything: list[tuple[Work, dict[str, Result]]]) -> None:
    # The same numbers give the same file.
    mpl.rcParams.update({"svg.hashsalt": "jetblob", "svg.fonttype": "none", "font.size": 8})
    rows = -(-len(everything) // COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(11, 2.5 * rows), squeeze=False)
    panels = [axes for row in grid for axes in row]
    for axes, (work, results) in zip(panels, everything, strict=False):
        bars = {
            name: work.amount / median(runs, lambda run: run.seconds)
            for name, runs in results.items()
            if isinstance(runs, list) and runs
        }
        names = sorted(bars, key=bars.__getitem__)
        colours = [
            OURS if name.startswith("jetblob") else FLOOR if "floor" in name else OTHERS for name in names
        ]
        drawn = axes.barh(names, [bars[name] for name in names], color=colours)
        axes.bar_label(drawn, fmt="{:,.0f}", padding=2)
        axes.set_title(f"{work.name}\n{'in a second' if work.unit == '/s' else work.unit}")
        axes.margins(x=0.15)
        axes.xaxis.set_visible(False)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
    for axes in panels[len(everything) :]:
        axes.set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
