"""The torch module of an encoder with a head: images to logits."""

from torch import nn

from fer_cluster.training.body import body, standardised


class Headed(nn.Module):
    """The body of an encoder and a linear layer: images (b, 1, height, width) to logits (b, n_classes)."""

    def __init__(self, n_classes, **sizes):
        super().__init__()
        self.body = body(**sizes)
        self.head = nn.Linear(self.body.count, n_classes)

    def forward(self, images):
        """Return the logits."""
        return self.head(self.body(standardised(images)))
