"""The training loop beside the usual one: faces per second, and the share of the processor's peak.

    python benchmarks/training.py --csv fer2013.csv
    python benchmarks/training.py --csv toy --nets cnn3_normalised --faces 2560

The same net, the same augmentation (mirror, rotation, shift, scale) and batch size: once in a
loop over a ``DataLoader`` whose data set turns one image after the other with Pillow, in float32 as
tensors come, and in ours: in bfloat16 where the processor multiplies it, and in float32. Each
measurement is a process of its own, ours and the peer's take turns, and the best of each is kept;
the peer may choose its number of workers, which live on between epochs. Writes
figures/benchmark_training.csv, in which rows of other machines stay.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

from fer_cluster.processor import cores

HERE = Path(__file__)
FIELDS = (
    "device",
    "net",
    "ours",
    "ours_float32",
    "peer",
    "ratio",
    "target",
    "met",
    "peer_workers",
    "peak_share",
    "peak_gflops",
    "processor",
    "cores",
)
MACHINE = ("device", "net", "processor", "cores")  # a row is measured anew where all are the same
BATCH = 128


# What a user writes today -------------------------------------------------------------------------


def peer(net, images, emotion, workers):
    """Return faces per second of a plain loop: data set, loader, step."""
    import numpy as np
    import torch
    from PIL import Image

    class FaceSet(torch.utils.data.Dataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, row):
            image = Image.fromarray(images[row])
            if torch.rand(1) < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            angle, scale, *shift = (torch.rand(4).numpy() * 2 - 1) * (10, 0.2, 0.2 * 48, 0.2 * 48)
            image = image.rotate(angle, Image.Resampling.BILINEAR, translate=tuple(shift))
            side = round(48 * (1 + scale))
            image = image.resize((side, side), Image.Resampling.BILINEAR).crop(
                ((side - 48) // 2, (side - 48) // 2, (side - 48) // 2 + 48, (side - 48) // 2 + 48)
            )
            return torch.from_numpy(np.asarray(image, dtype=np.float32)[None] / 255), int(emotion[row])

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = net.to(device)
    optimiser = torch.optim.Adam(net.parameters())
    living = {"num_workers": workers, "persistent_workers": workers > 0}
    loader = torch.utils.data.DataLoader(FaceSet(), BATCH, shuffle=True, **living)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        for x, y in loader:
            loss = torch.nn.functional.cross_entropy(net(x.to(device)), y.to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()
        seconds.append(time.perf_counter() - started)
    return len(images) / min(seconds)


# What fer_cluster does ----------------------------------------------------------------------------


def ours(name, images, emotion, precision):
    """Return faces per second of the package's own loop."""
    from fer_cluster import catalog

    changes = {"augment": "mirror+rotate+shift+scale", "precision": precision}
    model = catalog.make("baselines", name, epochs=2, batch_size=BATCH, **changes)
    model.fit(images, emotion)
    return len(images) / model.history_["seconds"].min()


def peak():
    """Return the GFLOP/s of a large matrix product, in the precision that training uses."""
    import torch

    from fer_cluster.training.device import has_bfloat16, pick

    device = pick()
    kind = torch.bfloat16 if has_bfloat16(device) else torch.float32
    size = 8192 if device.type == "cuda" else 2048
    a = torch.randn(size, size, device=device, dtype=kind)
    best = 0.0
    for _ in range(8):
        started = time.perf_counter()
        (a @ a).sum().item()
        best = max(best, 2 * size**3 / (time.perf_counter() - started) / 1e9)
    return best


def cost(net):
    """Return the floating-point operations of one face, forward and backward."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(2, 1, 48, 48)).sum().backward()
    return counter.get_total_flops() / 2


# Measuring ----------------------------------------------------------------------------------------


def measure(kind, name, csv_path, count, workers):
    """Run one measurement; called in a process of its own."""
    import torch

    from fer_cluster import catalog
    from fer_cluster.loading import load

    faces = load(csv_path)
    images = faces.images[:count]
    emotion = faces.about["emotion"].cat.codes.to_numpy()[:count].astype("int64")
    if kind in ("auto", "float32"):
        return {"speed": ours(name, images, emotion, kind)}
    torch.manual_seed(0)
    net = catalog.make("baselines", name).net(48, 48, 7)
    if kind == "peer":
        return {"speed": peer(net, images, emotion, workers)}
    from fer_cluster import processor
    from fer_cluster.training import device

    hardware = {"processor": processor.called(), "cores": processor.cores()}
    return {"peak": peak(), "cost": cost(net), "device": device.name(device.pick()), **hardware}


def child(*arguments):
    command = [sys.executable, str(HERE), "--child", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def row(name, options):
    """Return one row of the table: the best of several turns of each."""
    given = (options.csv, options.faces)
    found = {"auto": [], "float32": [], **{workers: [] for workers in options.workers}}
    for _ in range(options.repeat):
        for precision in ("auto", "float32"):
            found[precision].append(child(precision, name, *given, 0)["speed"])
        for workers in options.workers:
            found[workers].append(child("peer", name, *given, workers)["speed"])
    machine = child("machine", name, *given, 0)
    workers = max(options.workers, key=lambda workers: max(found[workers]))
    mine, single, other = max(found["auto"]), max(found["float32"]), max(found[workers])
    target = 2 if machine["device"].startswith("cpu") else 5
    share = mine * machine["cost"] / (machine["peak"] * 1e9)
    values = (mine, single, other, mine / other, target, mine / other >= target, workers, share)
    values += (machine["peak"], machine["processor"], machine["cores"])
    return dict(zip(FIELDS, (machine["device"], name, *values), strict=True))


def others(rows, path):
    """Return the rows of the file that were measured on other machines, or of other nets."""
    measured = {tuple(str(one[key]) for key in MACHINE) for one in rows}
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [one for one in csv.DictReader(file) if tuple(one.get(k) for k in MACHINE) not in measured]


def main():
    from fer_cluster.atomic import writing

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--csv", default="toy")
    parser.add_argument("--nets", nargs="+", default=["cnn3_normalised", "three_blocks"])
    parser.add_argument("--faces", type=int, default=5120)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--workers", type=int, nargs="+", default=sorted({0, 2, cores()}))
    parser.add_argument("--out", default=HERE.parent.parent / "figures" / "benchmark_training.csv")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, name, path, count, workers = options.child
        print(json.dumps(measure(kind, name, path, int(count), int(workers))))
        return
    rows = [row(name, options) for name in options.nets]
    kept = others(rows, Path(options.out))
    with writing(options.out) as path, path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, FIELDS)
        table.writeheader()
        table.writerows(kept)
        table.writerows(
            {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )
    for one in rows:
        print(json.dumps(one))


if __name__ == "__main__":
    main()
