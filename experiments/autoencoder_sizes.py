"""Does the size of the paper's autoencoder matter? Each is scored on a tenth of the paper's training faces.

    python experiments/autoencoder_sizes.py fer2013.csv figures/autoencoder_sizes.csv

Each net learns, without a label, from the other nine tenths as it does in paper.toml, and K-Means of its
features is fitted there. On the last tenth: the mean squared error of what comes out (grey values of 0 to
1), and the AMI of clusters and emotions. The paper's test faces are not read. Rows are added to the table
as they come.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from paper_sizes import parts
from sklearn.metrics import adjusted_mutual_info_score

from fer_cluster import catalog

SIZES = ((256, 64), (256, 128), (512, 64), (512, 128), (512, 256), (1024, 128), (1024, 256))  # dense, code
SEEDS = range(3)  # of K-Means


def trained(dense, code, fit, held):
    """Return a row of the table."""
    net = catalog.make("features", f"autoencoder:dense={dense},code={code}").fit(fit[0])
    features, held_out = net.transform(fit[0]), net.transform(held[0])
    found = [catalog.make("clusterers", "kmeans", random_state=seed).fit(features) for seed in SEEDS]
    ami = [adjusted_mutual_info_score(held[1], clusterer.predict(held_out)) for clusterer in found]
    wrong = net.reconstruct(held[0]).astype(float) / 255 - held[0] / 255
    told = {"error": round(float(np.square(wrong).mean()), 5), "ami": round(float(np.mean(ami)), 4)}
    return {"dense": dense, "code": code, "epochs": net.epochs} | told


def main():
    """Train what the table lacks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faces")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    rows = pd.read_csv(options.out).to_dict("records") if options.out.exists() else []
    done = {(row["dense"], row["code"]) for row in rows}
    fit, held = parts(options.faces)
    for sizes in SIZES:
        if sizes not in done:
            rows.append(trained(*sizes, fit, held))
            new = options.out.with_suffix(".part")
            pd.DataFrame(rows).to_csv(new, index=False)
            os.replace(new, options.out)


if __name__ == "__main__":
    main()
