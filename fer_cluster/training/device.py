"""Where and in which precision a net runs."""

import contextlib

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
        return found or torch.device("cpu")
    try:
        torch.empty(1, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r} cannot be used here ({reason}); use 'auto' or 'cpu'.") from error


def autocast(device, precision="auto"):
    """Return the context in which a net runs: bfloat16 where it is fast, else float32."""
    import torch

    if precision == "bfloat16" or (precision == "auto" and has_bfloat16(device)):
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()


def own_random(device):
    """Return the context that gives the caller's random state back when it ends."""
    import torch

    return torch.random.fork_rng([] if device.type == "cpu" else [device])


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
    """Return a device as a record of a run has it: ``cpu (float32)``, ``NVIDIA ... (bfloat16)``."""
    import torch

    called = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    return f"{called} ({precision})"
