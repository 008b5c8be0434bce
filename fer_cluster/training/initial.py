"""Weights and normalisation as Keras starts them, which the nets of Bolcas 2024 were written in."""


def as_keras(net):
    """Give a torch module Glorot's uniform weights, zero biases and Keras's batch normalisation.

    Glorot and Bengio 2010. Returns the module.
    """
    from torch import nn

    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            module.momentum, module.eps = 0.01, 1e-3
    return net
