"""The processor of this machine: how many of its cores may be used, and what it is called."""

import os
from pathlib import Path


def cores():
    """Return how many cores, one at least, this process may use: as OMP_NUM_THREADS or the system says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal():
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def called():
    """Return the name of the processor, as far as the system tells."""
    import platform

    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        told = []
    names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
