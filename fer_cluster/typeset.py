"""Tables typeset: Markdown for people to read, LaTeX for papers, with the same numbers."""

import re

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

_KEYS = ("run", "dataset", "split", "part")  # said in the title where they are the same in all rows
_FLOAT = 40  # rows that fit on a page; more go on to the next
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    **{mark: rf"\{mark}" for mark in "&%$#_{}"},
}


def markdown(table, title, sentence):
    """Return a table in words and pipes.

    What is the same in all rows (run, data set, split, part) goes into the title, a
    standard deviation (``recall_sd``) beside its mean.

    Parameters
    ----------
    table : DataFrame
    title, sentence : str
    """
    of, head, numeric, rows = texts(table)
    rows = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    rule = ["---:" if number else "---" for number in numeric]
    lines = ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]
    return "\n".join([f"# {title}{of}", "", sentence, "", *lines, ""])


def latex(table, title, sentence, label):
    r"""Return a table for LaTeX, with the cells and the words of :func:`markdown`.

    Parameters
    ----------
    table : DataFrame
        One of more rows than a page has goes on to the next page.
    title, sentence : str
        The caption.
    label : str
        It is referred to by ``\ref{tab:LABEL}``, without the characters that LaTeX cannot have there.
    """
    of, head, numeric, rows = texts(table)
    long = len(rows) > _FLOAT
    columns = "".join("r" if number else "l" for number in numeric)
    name = re.sub(r"[^\w.:+=-]+", "-", label, flags=re.ASCII)
    caption = rf"\caption{{{_escaped(f'{title}{of}. {sentence}')}}}\label{{tab:{name}}}"
    lines = [_row(head, [False] * len(head)), *(_row(row, numeric) for row in rows)]
    body = [r"\toprule", lines[0], r"\midrule", *([r"\endhead"] if long else ()), *lines[1:], r"\bottomrule"]
    if long:
        body = [rf"\begin{{longtable}}{{{columns}}}", rf"{caption}\\", *body, r"\end{longtable}"]
    else:
        body = [rf"\begin{{tabular}}{{{columns}}}", *body, r"\end{tabular}"]
        body = [r"\begin{table}", r"\centering", caption, *body, r"\end{table}"]
    return "\n".join([rf"% \usepackage{{booktabs{',longtable' * long}}}", *body, ""])


def texts(table):
    """Return what a table is of, its head, which columns are numbers, and its rows, all as text."""
    same = [key for key in _KEYS if key in table and table[key].nunique() == 1]
    of = ", ".join(str(table[key].iloc[0]) for key in same)
    columns = [name for name in table if name not in same and not _is_spread(name, table)]
    numeric = [is_numeric_dtype(table[name]) and not is_bool_dtype(table[name]) for name in columns]
    rows = zip(*(_cells(name, table) for name in columns), strict=True)
    return f": {of}" if same else "", [name.replace("_", " ") for name in columns], numeric, list(rows)


def _is_spread(name, table):
    return name.endswith("_sd") and name.removesuffix("_sd") in table


def _cells(name, table):
    """Return a column as text."""
    if f"{name}_sd" not in table:
        return [_text(value) for value in table[name]]
    pairs = zip(table[name], table[f"{name}_sd"], strict=True)
    return [_text(mean) if pd.isna(sd) else f"{mean:.3f} ± {sd:.3f}" for mean, sd in pairs]


def _text(value):
    """Return a cell: counts with commas, shares to a hundredth of a per cent, nothing where missing."""
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float | np.floating):
        return f"{value:,}" if isinstance(value, int | np.integer) else str(value)
    if value.is_integer() and abs(value) >= 2:
        return f"{value:,.0f}"
    if 0 < abs(value) < 5e-5:
        return f"{value:.0e}"
    return f"{value:.2f}" if round(value, 4) == round(value, 2) else f"{value:.4f}"


def _row(cells, numeric):
    r"""Return a line with true minus signs; ``[`` or ``*`` would be an option of the line before."""
    texts = [_escaped(cell) for cell in cells]
    texts = [text.replace("-", "$-$") if told else text for text, told in zip(texts, numeric, strict=True)]
    guard = "{}" if texts[0].startswith(("[", "*")) else ""
    return rf"{guard}{' & '.join(texts)} \\"


def _escaped(text):
    """Return a text that LaTeX prints as it is."""
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
