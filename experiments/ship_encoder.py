"""Make fer_cluster/pretrained of two kept runs of one trained encoder: what is shipped.

    fer-cluster compare frontier fer2013.csv --out frontier
    python experiments/ship_encoder.py frontier/official self-named-rows-0 self-named-rows-0-names \
        fer2013.csv fer_cluster/pretrained

The step of the first run, a subspace, and that of the second, the textbook's readings, are fitted again on
the Training faces, which see no label, and written with the first's encoder as linear codes of its features.
The model card beside them is written by hand.
"""

import argparse
from pathlib import Path

from fer_cluster.features._shipping import ship
from fer_cluster.loading import load
from fer_cluster.parts import made
from fer_cluster.runs import load_run
from fer_cluster.splits import split
from fer_cluster.training.models import load_model


def main():
    """Fit the steps and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("subspace", help="name of a run whose encoder was kept")
    parser.add_argument("readings", help="name of another of the same features")
    parser.add_argument("faces")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    faces = load(options.faces)
    parts = split(faces, "official")
    images = faces.images[parts.part == parts.fit]
    encoder = load_model(options.runs / options.subspace / "model_0")
    x = encoder.transform(images)
    steps = []
    for name in (options.subspace, options.readings):
        spec = load_run(options.runs / name).spec
        step = made("steps", spec["then"][0], spec["seeds"][0])
        steps.append(step.fit(x, images=images, extractor=encoder))
    ship(encoder, *steps, options.out)


if __name__ == "__main__":
    main()
