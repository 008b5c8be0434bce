"""Images mixed with others of their batch, and what is to be told of them mixed alike."""

import math

import torch

from fer_cluster.training.strides import channels_last


def mixed(images, targets, mixup=0.0, cutmix=0.0):
    """Return images mixed with others of their batch, and targets mixed alike.

    Parameters
    ----------
    images : tensor, shape (b, 1, height, width)
    targets : tensor of float, shape (b, c)
        Such as one-hot labels.
    mixup : float
        alpha of the Beta distribution that the share of one image is drawn from,
        once a batch (Zhang et al. 2018, ICLR); 0 for none.
    cutmix : float
        The same for a rectangle out of the other image (Yun et al. 2019, ICCV).
        Where both are given, one of them is drawn for each batch.

    Returns
    -------
    images : tensor of float32, shape (b, 1, height, width), channels-last
    targets : tensor of float32, shape (b, c)
    """
    images = images.float()
    if mixup <= 0 and cutmix <= 0:
        return images, targets
    cut = cutmix > 0 and (mixup <= 0 or torch.rand(()).item() < 0.5)  # on the CPU: nobody waits for the GPU
    alpha = float(cutmix if cut else mixup)
    share = torch.distributions.Beta(alpha, alpha).sample().item()
    other = torch.randperm(len(images), device=images.device)
    if cut:
        rows, columns, share = _rectangle(images.shape[2:], share)
        x = images.clone()
        x[:, :, rows, columns] = images[other, :, rows, columns]
    else:
        x = torch.lerp(images, images[other], 1 - share)
    return channels_last(x), torch.lerp(targets, targets[other], 1 - share)


def _rectangle(frame, share):
    """Return rows and columns of a rectangle cut at random, and the share of the frame that is left."""
    stretches = []
    for side in frame:
        half = int(side * math.sqrt(1 - share)) // 2
        centre = int(torch.randint(side, ()))
        stretches.append(slice(max(centre - half, 0), min(centre + half, side)))
    area = math.prod(stretch.stop - stretch.start for stretch in stretches)
    return *stretches, 1 - area / math.prod(frame)
