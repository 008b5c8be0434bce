"""The torch module and the objective of self-named features."""

from torch import nn
from torch.nn.functional import cross_entropy

from fer_cluster.features._body import standardised


class Named(nn.Module):
    """A body with one head for each number of names: logits side by side, (b, sum of the numbers)."""

    def __init__(self, body, inside, numbers, view):
        super().__init__()
        self.body, self.heads, self.view = body, nn.Linear(inside, sum(numbers)), view

    def forward(self, images):
        """Return the logits of changed views of uint8 images (b, 1, height, width)."""
        return self.heads(self.body(standardised(self.view(images)))).float()


def naming(numbers, label_smoothing):
    """Return the objective: the mean cross entropy of the heads, and how often the first is right.

    Parameters
    ----------
    numbers : sequence of int
        Names of each head.
    label_smoothing : float
    """

    def objective(net, images, targets):
        parts = net(images).split(list(numbers), 1)
        losses = [
            cross_entropy(part, targets[:, place].long(), label_smoothing=label_smoothing)
            for place, part in enumerate(parts)
        ]
        return sum(losses) / len(losses), (parts[0].argmax(1) == targets[:, 0]).sum()

    return objective
