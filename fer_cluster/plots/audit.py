"""Blank, copied, contradictory and outvoted faces of a data set, by split."""

from dataclasses import dataclass

import numpy as np

from fer_cluster.emotions import COLOURS
from fer_cluster.errors import InputError
from fer_cluster.plots._axes import axes_for

__all__ = ["Audit"]

# Dark to light, told apart in grey and with each colour deficiency.
_TONES = ("#2B3A67", "#5B8DB8", "#E0A030", "#A9A9A9", "#6E4A2E")
_BAR = 0.19  # inches


@dataclass(frozen=True)
class Audit:
    """Share of faces with each finding, and how many they are."""

    def data(self, findings):
        """Return the findings to draw: those that could occur, by split where there are splits.

        Parameters
        ----------
        findings : DataFrame
            From ``fer_cluster.audit.audit``, by split or by emotion.

        Raises
        ------
        InputError
            Where there is no face.
        """
        by = _by(findings)
        data = findings[findings["of"] > 0]
        if not len(data):
            raise InputError("There is no face to draw findings of.")
        parts = data[data[by] != "all"]
        return (parts if len(parts) else data).reset_index(drop=True)

    def draw(self, data, ax=None):
        """Return the figure: a group of bars for each finding.

        Parameters
        ----------
        data : DataFrame
            From :meth:`data`, or read from its CSV.
        ax : Axes, optional
            To draw into.
        """
        by = _by(data)
        findings, parts = list(dict.fromkeys(data["finding"])), list(dict.fromkeys(data[by]))
        (ax,) = axes_for(ax, (1, 1), (8, 1.1 + _BAR * len(findings) * (len(parts) + 1)))
        step = 1 / (len(parts) + 1)
        for place, part in enumerate(parts):
            rows = data[data[by] == part]
            y = np.array([findings.index(name) for name in rows["finding"]]) + place * step
            share = 100 * rows["count"] / rows["of"]
            ax.barh(y, share, step, color=_colour(part, place), label=part)
            for height, width, count in zip(y, share, rows["count"], strict=True):
                text = f" {count:,} ({width:.2g} %)" if count else " 0"
                ax.text(width, height, text, va="center", fontsize=7.5, color="0.25")
        _finish(ax, data, findings, (len(parts) - 1) * step / 2)
        return ax.figure


def _by(findings):
    return "split" if "split" in findings else "emotion"


def _colour(part, place):
    return COLOURS.get(part, _TONES[place % len(_TONES)])


def _finish(ax, data, findings, middle):
    """Name the axes and leave room for the numbers beside the bars."""
    ax.set_yticks(np.arange(len(findings)) + middle, findings, fontsize=9)
    ax.set_ylim(len(findings) - 1 + 2 * middle + 0.3, -0.3)
    longest = 100 * (data["count"] / data["of"]).max()
    ax.set_xlim(0, max(longest, 1) * 1.22)
    ax.set_xlabel("faces, per cent (and number)", fontsize=9, loc="left")
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    if data[_by(data)].nunique() > 1:
        ax.legend(frameon=False, fontsize=9, ncols=7, loc="lower left", bbox_to_anchor=(0, 1))
