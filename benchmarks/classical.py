"""The classical pipeline beside what a user writes today: time, peak memory, equal results.

    python benchmarks/classical.py --csv fer2013.csv
    python benchmarks/classical.py --rows start,scale

Each measurement is a process of its own; ours and the peer's take turns and the best of
each is kept. Writes figures/benchmark_classical.csv and prints it as a table.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fer_cluster.atomic import writing  # nothing heavy here: a child's peak would count the parent's memory

HERE = Path(__file__)
FIELDS = ("row", "measure", "ours", "peer", "ratio", "target", "met", "ours_mb", "peer_mb")
SIZES = (10_000, 100_000, 1_000_000)


# One measurement ----------------------------------------------------------------------------------


def child(name, *arguments, cache=None):
    """Run one function of _classical.py in a process of its own; return result, seconds, peak in MB."""
    command = [sys.executable, str(HERE.parent / "_classical.py"), name, *map(str, arguments)]
    environment = os.environ | ({"FER_CLUSTER_CACHE": str(cache)} if cache else {})
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return {"seconds": seconds} | json.loads(done.stdout.splitlines()[-1])


# The rows -----------------------------------------------------------------------------------------


def row_first(work):
    """From the CSV, first time: start of the process to the figure on the disk."""
    ours, peer = [], []
    for turn in range(work.repeat):
        ours.append(child("our_program", work.csv, work.tmp / "ours.png", cache=work.tmp / f"new{turn}"))
        peer.append(child("peer_program", work.csv, work.tmp / "peer.png"))
    work.peer_program = best(peer)
    return [*compared("first", best(ours), best(peer), 5), memory("first", best(ours), best(peer), 3)]


def row_cached(work):
    """The same from the cache, with the peer's plain figure and with the package's own."""
    cache = work.tmp / "cache"
    child("our_program", work.csv, work.tmp / "ours.png", cache=cache)
    ours, own = [], []
    peer = [] if work.peer_program is None else [work.peer_program]
    for _ in range(work.repeat):
        ours.append(child("our_program", work.csv, work.tmp / "ours.png", cache=cache))
        own.append(child("our_figure", work.csv, work.tmp / "own.png", cache=cache))
        if work.peer_program is None:
            peer.append(child("peer_program", work.csv, work.tmp / "peer.png"))
    plain, own, peer = best(ours), best(own), best(peer)
    rows = [*compared("cached", plain, peer, 8), memory("cached", plain, peer, 3)]
    return rows + compared("cached, own figure", own, peer)


def row_pca(work):
    """Scaler and 50 components of all faces, features in memory."""
    return versus(work, "pca", [work.images], target=3)


def row_kmeans(work):
    """K-Means with ten restarts: seconds and inertia."""
    return seeded(work, "kmeans", "inertia, relative to the peer's")


def row_gmm(work):
    """Mixture of seven Gaussians, full covariances: seconds and log-likelihood per face."""
    return seeded(work, "gmm", "log-likelihood per face", target=3)


def row_hog(work):
    """HOG of all faces."""
    return versus(work, "hog", [work.images], target=8, repeat=1)


def row_start(work):
    """Start of the command line and import of the package, best of five."""
    import_time = "import time; t = time.perf_counter(); import fer_cluster; print(time.perf_counter() - t)"
    helps, imports = [], []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "fer_cluster", "--help"], capture_output=True, check=True)
        helps.append(time.perf_counter() - started)
        done = subprocess.run([sys.executable, "-c", import_time], capture_output=True, text=True, check=True)
        imports.append(float(done.stdout))
    pairs = (("fer-cluster --help, s", min(helps), 0.3), ("import fer_cluster, s", min(imports), 0.1))
    return [line("start", what, took, target=f"< {most}", met=took < most) for what, took, most in pairs]


def row_scale(work):
    """Memory-mapped synthetic images: seconds of each stage, microseconds a face, peak memory."""
    rows = []
    for n in SIZES:
        images, features = work.tmp / f"{n}.npy", work.tmp / f"{n}-x.npy"
        child("synthesise", images, n)
        took = child("scale", images, features)
        images.unlink()
        features.unlink()
        stages = ("fit", "transform", "kmeans")
        total = sum(took[stage] for stage in stages)
        for stage in stages:
            rows.append(line("scale", f"{n:,} faces: {stage}, s", took[stage]))
        rows.append(line("scale", f"{n:,} faces: all, microseconds a face", total / n * 1e6, mb=took["mb"]))
    return rows


ROWS = {name.removeprefix("row_"): row for name, row in list(globals().items()) if name.startswith("row_")}
WITHOUT_CSV = ("start", "scale")


# The table ----------------------------------------------------------------------------------------


def best(results):
    return min(results, key=lambda result: result["seconds"])


def line(row, measure, ours, peer=None, *, ratio=None, target="", met=None, mb=None, peer_mb=None):
    numbers = {"ours": ours, "peer": peer, "ratio": ratio, "ours_mb": mb, "peer_mb": peer_mb}
    numbers = {name: "" if number is None else f"{number:.5g}" for name, number in numbers.items()}
    met = "" if met is None else "yes" if met else "no"
    return {"row": row, "measure": measure, "target": target, "met": met} | numbers


def compared(row, ours, peer, target=None):
    ratio = peer["seconds"] / ours["seconds"]
    wanted = {} if target is None else {"target": f">= {target}", "met": ratio >= target}
    sizes = {"mb": ours["mb"], "peer_mb": peer["mb"]}
    return [line(row, "seconds", ours["seconds"], peer["seconds"], ratio=ratio, **sizes, **wanted)]


def memory(row, ours, peer, target):
    ratio = peer["mb"] / ours["mb"]
    wanted = {"target": f">= {target}", "met": ratio >= target}
    return line(row, "peak memory, MB", ours["mb"], peer["mb"], ratio=ratio, **wanted)


def versus(work, name, arguments, *, target, repeat=None):
    """Compare seconds, and a sum of the results where both give one."""
    ours, peer = [], []
    for _ in range(repeat or work.repeat):
        ours.append(child(f"our_{name}", *arguments))
        peer.append(child(f"peer_{name}", *arguments))
    rows = compared(name, best(ours), best(peer), target)
    if "quality" in ours[0]:
        rows.append(line(name, "sum of the features", ours[0]["quality"], peer[0]["quality"]))
    return rows


def seeded(work, name, measure, target=None):
    """Compare the seconds of three seeds, and the quality of each: no worse to a ten-thousandth."""
    rows, ours, peer = [], [], []
    for seed in range(3):
        ours.append(child(f"our_{name}", work.features, seed))
        peer.append(child(f"peer_{name}", work.features, seed))
        one, other = ours[-1]["quality"], peer[-1]["quality"]
        if name == "kmeans":
            one, other = other / one, 1.0  # both are minus the inertia
        met = one >= other - 1e-4
        rows.append(line(name, f"{measure}, seed {seed}", one, other, target=">= peer", met=met))
    total = [
        {k: sum(r[k] for r in side) for k in ("seconds",)} | {"mb": side[0]["mb"]} for side in (ours, peer)
    ]
    return compared(f"{name}, 3 seeds", *total, target) + rows


def show(rows):
    widths = [max(len(field), *(len(str(row[field])) for row in rows)) for field in FIELDS]
    for row in [dict(zip(FIELDS, FIELDS, strict=True)), *rows]:
        print("  ".join(str(row[field]).ljust(width) for field, width in zip(FIELDS, widths, strict=True)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--csv", type=Path, help="fer2013.csv; without it only start and scale are measured")
    parser.add_argument("--rows", help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--repeat", type=int, default=3, help="turns, of which the best counts")
    parser.add_argument("--tmp", help="folder for temporary files, 3 GB for scale")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "figures" / "benchmark_classical.csv")
    work = parser.parse_args()
    names = work.rows.split(",") if work.rows else [*ROWS]
    names = [name for name in names if work.csv or name in WITHOUT_CSV]
    with tempfile.TemporaryDirectory(dir=work.tmp) as folder:
        work.tmp, work.peer_program = Path(folder), None
        work.images, work.features = work.tmp / "images.npy", work.tmp / "features.npy"
        if set(names) & {"pca", "kmeans", "gmm", "hog"}:
            child("prepare", work.csv, work.images, work.features, cache=work.tmp / "cache")
        rows = [line for name in names for line in ROWS[name](work)]
    show(rows)
    with writing(work.out) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
