"""The torch module and the losses of deep embedded clustering."""

import itertools

import torch
from torch import nn
from torch.nn.functional import mse_loss


class Autoencoder(nn.Module):
    """Dense layers to a short code and back, with ReLU between them.

    Parameters
    ----------
    sizes : sequence of int
        Widths from the features to the code.
    """

    def __init__(self, sizes):
        super().__init__()
        self.encoder, self.decoder = _dense(sizes), _dense(sizes[::-1])

    def forward(self, x):
        """Return the codes and the rows again as the codes have them."""
        code = self.encoder(x)
        return code, self.decoder(code)

    def arrays(self):
        """Return the weights (in, out) and biases of the encoder's layers as arrays."""
        layers = [layer for layer in self.encoder if isinstance(layer, nn.Linear)]
        return [(w.weight.detach().numpy().T.copy(), w.bias.detach().numpy().copy()) for w in layers]


def _dense(sizes):
    layers = []
    for before, after in itertools.pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Sharpening(nn.Module):
    """Net and objective: the shares of the centres in a row's code come near their own sharpened version.

    Parameters
    ----------
    net : Autoencoder
    centres : array-like, shape (clusters, code)
        Where the centres start.
    x : tensor, shape (n, d)
    clustering, reconstruction : float
        Weights of the two losses.
    tol : float
        Share of rows that change cluster in an epoch that is rest.
    """

    def __init__(self, net, centres, x, *, clustering, reconstruction, tol):
        super().__init__()
        self.net, self.x = net, x
        self.centres = nn.Parameter(torch.as_tensor(centres, dtype=torch.float32).clone())
        self.clustering, self.reconstruction, self.tol = clustering, reconstruction, tol
        self.labels = None

    def settled(self):
        """Renew the target; return whether the clusters are at rest."""
        with torch.no_grad():
            q = torch.cat([student_t(self.net.encoder(part), self.centres) for part in self.x.split(4096)])
        self.target, before, self.labels = target(q), self.labels, q.argmax(1)
        return before is not None and float((before != self.labels).float().mean()) < self.tol

    def forward(self, rows):
        """Return the loss of a batch."""
        code = self.net.encoder(self.x[rows])
        loss = self.clustering * divergence(self.target[rows], student_t(code, self.centres))
        if self.reconstruction:
            loss = loss + self.reconstruction * mse_loss(self.net.decoder(code), self.x[rows])
        return loss


def student_t(code, centres):
    """Return the shares q of the centres in each code, by Student's t of one degree, (b, clusters)."""
    near = 1 / (1 + (code[:, None] - centres).square().sum(-1))
    return near / near.sum(1, keepdim=True)


def target(q):
    """Return the sharpened shares: q squared over the sizes of the clusters, normalised."""
    sharp = q.square() / q.sum(0)
    return sharp / sharp.sum(1, keepdim=True)


def divergence(p, q):
    """Return the mean over rows of KL(p || q)."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(1).mean()
