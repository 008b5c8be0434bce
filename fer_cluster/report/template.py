"""The pages' templates, filled; what is put into them is escaped."""


def render(name, **values):
    """Return a template of this folder, filled.

    Parameters
    ----------
    name : str
    **values
        Text is escaped; what is trusted, the package's own scripts and styles, the
        templates say so themselves.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("fer_cluster.report", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(name).render(**values)
