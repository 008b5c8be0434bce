"""Several processes train one net: what ``torchrun`` starts, each with its share of every batch."""

import os

from fer_cluster.training.device import launched


def is_first():
    """Whether this process is the one that writes: the only one, or the first that ``torchrun`` started."""
    return not launched() or os.environ["RANK"] == "0"


def world():
    """Return how many processes ``torchrun`` started; one where it did not."""
    return int(os.environ["WORLD_SIZE"]) if launched() else 1


class Processes:
    """The processes of this training; one alone unless ``torchrun`` started it.

    Parameters
    ----------
    device : torch.device
    alone : bool
        Whether each of them does the whole work by itself.
    """

    def __init__(self, device, alone=False):
        import torch
        from torch import distributed

        self.rank, self.world, self.device = 0, 1, device
        if alone or not launched():
            return
        if device.type == "cuda":
            torch.cuda.set_device(device)
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        self.rank, self.world = distributed.get_rank(), distributed.get_world_size()

    @property
    def first(self):
        """Whether this process is the one that writes and tells."""
        return self.rank == 0

    def wrap(self, net):
        """Return the net, its gradients averaged over the processes."""
        if self.world == 1:
            return net
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(net, [self.device] if self.device.type == "cuda" else None)

    def total(self, values):
        """Return a tensor summed over the processes."""
        if self.world > 1:
            from torch import distributed

            distributed.all_reduce(values)
        return values

    def agree(self, tensors):
        """Give every process the first one's values of these tensors."""
        if self.world > 1:
            from torch import distributed

            for tensor in tensors:
                distributed.broadcast(tensor, 0)

    def wait(self):
        """Go on when every process has come here."""
        if self.world > 1:
            from torch import distributed

            distributed.barrier()
