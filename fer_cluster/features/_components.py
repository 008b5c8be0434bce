"""The principal components of what a net makes of faces, kept with its weights."""


def keep_components(net, x):
    """Learn the principal components of x, and write them into ``mean`` and ``components`` of a net.

    Parameters
    ----------
    net : torch.nn.Module
        Its buffers ``mean``, shape (d,), and ``components``, shape (n_components, d), are filled.
    x : ndarray, shape (n, d)
    """
    import torch
    from sklearn.decomposition import PCA

    pca = PCA(len(net.components), svd_solver="covariance_eigh").fit(x)
    net.mean.copy_(torch.from_numpy(pca.mean_))
    net.components.copy_(torch.from_numpy(pca.components_))
