"""Choose the sizes of the paper's plain nets on a tenth of its training faces, whose test faces are not read.

    python experiments/paper_sizes.py fer2013.csv figures/paper_sizes.csv cnn3_normalised cnn4_normalised

Each net learns from the other nine tenths as it does in paper.toml, once for each number of hidden units,
share of dropout and seed; rows are added to the table as they come, and what stands there is not trained
again. The sizes are the usual ones of such programs. The paper's training faces hold PrivateTest ones too.

The rule: of the sizes whose mean accuracy on the held-out tenth is within one standard error of the best
(Breiman, Friedman, Olshen and Stone 1984), those with the fewest hidden units, then the larger dropout.
"""

import argparse
import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from fer_cluster import catalog
from fer_cluster.loading import load
from fer_cluster.splits import split

DENSE = {"cnn3": (128, 256, 512), "cnn4": (256, 512)}  # by the first letters of the net
DROPOUT = (0.25, 0.5)
SEEDS = (0, 1)
HELD_OUT = 2870  # faces in a tenth


def parts(path):
    """Return (images, emotion) of nine tenths of the paper's training faces, and of the last tenth."""
    faces = load(path)
    protocol = split(faces, "paper")
    emotion = faces.about.emotion.cat.codes.to_numpy()
    rows = np.random.default_rng(0).permutation(np.flatnonzero(protocol.part == protocol.fit))
    tenth = len(rows) // 10
    return [(faces.images[part], emotion[part]) for part in (np.sort(rows[tenth:]), np.sort(rows[:tenth]))]


def trained(net, dense, dropout, seed, fit, held):
    """Return a row of the table: accuracy of both parts after the last epoch."""
    model = catalog.make("baselines", f"{net}:dense={dense},dropout={dropout}")
    last = model.set_params(random_state=seed).fit(*fit, watch=held).history_.iloc[-1]
    sizes = {"net": net, "dense": dense, "dropout": dropout, "seed": seed, "epochs": model.epochs}
    return sizes | {"training": round(last.accuracy, 4), "held_out": round(last.watch_accuracy, 4)}


def chosen(table):
    """Return the row (dense, dropout, held_out) that the rule takes of one net's table."""
    means = table.groupby(["dense", "dropout"], as_index=False).held_out.mean()
    best = means.held_out.max()
    error = (best * (1 - best) / HELD_OUT) ** 0.5
    good = means[means.held_out >= best - error]
    return good.sort_values(["dense", "dropout"], ascending=[True, False]).iloc[0]


def main():
    """Train what the table lacks, and tell what the rule takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faces")
    parser.add_argument("out", type=Path)
    parser.add_argument("nets", nargs="+")
    options = parser.parse_args()
    rows = pd.read_csv(options.out).to_dict("records") if options.out.exists() else []
    done = {(row["net"], row["dense"], row["dropout"], row["seed"]) for row in rows}
    fit, held = parts(options.faces)
    for net in options.nets:
        for sizes in product(DENSE[net[:4]], DROPOUT, SEEDS):
            if (net, *sizes) not in done:
                rows.append(trained(net, *sizes, fit, held))
                new = options.out.with_suffix(".part")
                pd.DataFrame(rows).to_csv(new, index=False)
                os.replace(new, options.out)
        taken = chosen(pd.DataFrame([row for row in rows if row["net"] == net]))
        print(f"{net}: dense {taken.dense:.0f}, dropout {taken.dropout}: {taken.held_out:.4f}")


if __name__ == "__main__":
    main()
