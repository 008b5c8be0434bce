"""Weights in and out of torch modules: .safetensors only, every tensor checked, nothing unpickled."""

import os
from pathlib import Path

from fer_cluster.atomic import writing
from fer_cluster.errors import InputError


def save_tensors(module, path, about, half=False):
    """Write the parameters and buffers of a module as .safetensors, whole or not at all.

    Parameters
    ----------
    module : torch.nn.Module
    path : path-like
    about : dict of str
        Kept in the header of the file.
    half : bool
        Whether numbers are rounded to float16, which halves the file. A module of float32 that
        loads them computes in float32 as before.
    """
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    with writing(path) as temporary:  # safetensors' own save_file lets nobody but the owner read the file
        temporary.write_bytes(save(tensors, metadata=dict(about)))


def load_matching(module, path, *, skip=(), change=None):
    """Load a local .safetensors file into a module, all of it or nothing.

    Parameters
    ----------
    module : torch.nn.Module
    path : path-like
    skip : sequence of str
        Beginnings of names that are left alone, in the module and in the
        file: a new head, an old one.
    change : callable, optional
        Turns the tensors of the file, a dict, into those of the module.

    Returns
    -------
    list of str
        The names that were loaded.

    Raises
    ------
    InputError
        Where the file is of another format or damaged, or a tensor of it is
        missing, unknown, of another shape or not finite.
    """
    skip = tuple(skip)
    tensors = _read(Path(path), skip)
    tensors = change(tensors) if change else tensors
    wanted = {name: tensor for name, tensor in module.state_dict().items() if not name.startswith(skip)}
    _check(tensors, wanted, path)
    module.load_state_dict(tensors, strict=False)
    return list(wanted)


def find_weights(weights, repository, file):
    """Return the path of pre-trained weights, fetched first where ``weights`` is ``"hub"``.

    Parameters
    ----------
    weights : path-like
        A local .safetensors file, or ``"hub"``.
    repository, file : str
        Where the file lies on the Hugging Face hub.

    Raises
    ------
    InputError
        Where there is no such file, no huggingface_hub, or no network.
    """
    if os.fspath(weights) == "hub":
        return _fetch(repository, file)
    path = Path(weights).expanduser()
    if not path.is_file():
        raise InputError(f"There are no weights at {str(weights)!r}; give a .safetensors file or 'hub'.")
    return path


def _fetch(repository, file):
    instead = (
        "run `pip install 'fer-cluster[hub]'` where there is a network, or give a local .safetensors file"
    )
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise InputError(f"Weights from the hub need huggingface_hub: {instead}.") from None
    try:
        return Path(hf_hub_download(repository, file))
    except Exception as error:  # which classes it raises hangs on its version and on its HTTP library
        why = type(error).__name__
        raise InputError(f"{file} of {repository} could not be fetched ({why}): {instead}.") from error


def _read(path, skip):
    """Return the tensors of a file by name, but for those that are skipped."""
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        raise InputError(
            f"{path} is no .safetensors file; weights are read from that format only, nothing is unpickled."
        )
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys() if not name.startswith(skip)}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read as a whole .safetensors file ({error}).") from error


def _check(tensors, wanted, path):
    for some, what in ((wanted.keys() - tensors, "lacks"), (tensors.keys() - wanted, "has the unknown")):
        if some:
            more = f" and {len(some) - 1} more" if len(some) > 1 else ""
            raise InputError(
                f"{path} {what} {min(some)}{more}; it must have the tensors of the net, no others."
            )
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            got, needed = tuple(tensor.shape), tuple(wanted[name].shape)
            raise InputError(f"{name} has shape {got} in {path}; the net needs {needed}.")
        if not tensor.isfinite().all():
            raise InputError(f"{name} in {path} has values that are not finite; all must be.")
