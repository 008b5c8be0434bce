"""Where and in which precision a net runs."""

import contextlib
import os

from fer_cluster.errors import InputError


def pick(device="auto"):
    """Return the torch device of that name; ``auto`` is the best one there is.

    Raises
    ------
    InputError
        Where there is no such device on this machine.
    """
    import torch

    if device == "auto":
        found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return _own(found or torch.device("cpu"))
    try:
        found = _own(torch.device(device))
        torch.empty(1, device=found)
        return found
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r} cannot be used here ({reason}); use 'auto' or 'cpu'.") from error


def usable(device):
    """Return a device where it can be used here, else ``auto``: a net may come from another machine."""
    try:
        pick(device)
    except InputError:
        return "auto"
    return device


def _own(device):
    """Return the accelerator of this process, where ``torchrun`` started one for each."""
    import torch

    if device.type == "cuda" and device.index is None and launched():
        own, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if own >= there:
            raise InputError(
                f"torchrun started more processes than there are GPUs here ({there}); start one each."
            )
        return torch.device("cuda", own)
    return device


def launched():
    """Whether ``torchrun`` started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def autocast(device, precision="auto"):
    """Return the context in which a net runs: bfloat16 where it is fast, else float32."""
    import torch

    if used(device, precision) == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()


def used(device, precision="auto"):
    """Return the precision that is used: ``auto`` is bfloat16 where the device multiplies it."""
    if precision == "auto":
        return "bfloat16" if has_bfloat16(device) else "float32"
    return precision


def own_random(device):
    """Return the context that gives the caller's random state back when it ends."""
    import torch

    devices = [] if device.type == "cpu" else [device]
    return torch.random.fork_rng(devices, device_type=device.type)


def widest(device):
    """Return the floating type in which sums are kept: Apple's processors have no float64."""
    import torch

    return torch.float32 if device.type == "mps" else torch.float64


def has_bfloat16(device):
    """Whether the device multiplies bfloat16 in hardware; elsewhere it is slower than float32."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)


def name(device, precision="auto"):
    """Return a device as a record of a run has it: ``cpu (float32)``, ``4 x NVIDIA ... (bfloat16)``."""
    import torch

    called = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    if launched() and os.environ["WORLD_SIZE"] != "1":
        called = f"{os.environ['WORLD_SIZE']} x {called}"
    return f"{called} ({used(device, precision)})"
