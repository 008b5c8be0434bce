"""A progress bar for long work; silent where nobody watches."""

import warnings


def bar(iterable, description, **options):
    """Return the iterable behind a progress bar on standard error.

    Parameters
    ----------
    iterable : iterable or None
        None: the bar is moved by its ``update``.
    description : str
    **options
        Of ``tqdm``, such as ``leave`` and ``total``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook without ipywidgets a plain bar does as well
        from tqdm.auto import tqdm

        return tqdm(iterable, desc=description, **{"disable": None, **options})
