"""The torch module of the autoencoder."""

import torch
from torch import nn

from fer_cluster.training.initial import as_keras


class Net(nn.Module):
    """Three convolutions with max-pooling, three dense layers, and the principal axes of the code.

    Images (b, 1, height, width) of 0 to 1 in and out.
    """

    def __init__(self, height, width, dense, code, n_components):
        super().__init__()
        layers = []
        for before, after in ((1, 32), (32, 64), (64, 128)):
            layers += [nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        with torch.no_grad():
            flat = self.convolutions(torch.zeros(1, 1, height, width)).shape[1]
        self.first, self.second = nn.Linear(flat, dense), nn.Linear(dense, code)
        self.third = nn.Linear(code, height * width)
        self.shape = (1, height, width)
        self.register_buffer("mean", torch.zeros(code))
        self.register_buffer("components", torch.zeros(n_components, code))
        as_keras(self)

    def encode(self, x):
        """Return the output of the second dense layer, (b, code)."""
        return self.second(self.first(self.convolutions(x)).relu()).relu()

    def forward(self, x):
        """Return the images again, as the code has them."""
        return self.third(self.encode(x)).sigmoid().unflatten(1, self.shape)

    def project(self, x):
        """Return the code on its principal components, (b, n_components)."""
        return (self.encode(x).float() - self.mean) @ self.components.T
