"""The interactive map of faces: a page of its own, a part of the report, or live in a notebook."""

import html
import json
from functools import cached_property
from importlib.resources import files

from fer_cluster.atomic import writing
from fer_cluster.report.points import points, pooled
from fer_cluster.report.sheets import SIDE, sheets
from fer_cluster.runs import Run

_HEIGHT = 720  # of the frame in a notebook, pixels


def face_map(runs, faces=None, images=True):
    """Return the interactive map of one run or several of the same faces.

    Parameters
    ----------
    runs : Run or sequence of Run
        Clusterings with a projection; one of them is shown at a time.
    faces : Faces, optional
        Those of the runs: the face under the pointer is shown, and nuisances
        can be coloured by, if they are given.
    images : bool
        Whether the faces themselves go into the page.

    Returns
    -------
    FaceMap

    Raises
    ------
    InputError
        Where the runs are of different faces, or none has a projection.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    return FaceMap(runs, faces, images)


class FaceMap:
    """A map of faces that shows itself in a notebook and saves itself as a page.

    Parameters
    ----------
    runs : sequence of Run
    faces : Faces, optional
    images : bool
    """

    def __init__(self, runs, faces=None, images=True):
        self.runs, self.faces, self.images = runs, faces, images
        self._points = points(runs, faces)

    def __repr__(self):
        return f"FaceMap({', '.join(run.name for run in self.runs)}: {self._points['n']:,} faces)"

    def _repr_html_(self):
        title = html.escape(f"map of {', '.join(run.name for run in self.runs)}")
        page = html.escape(self.page, quote=True)
        frame = f'<iframe title="{title}" width="100%" height="{_HEIGHT}" style="border:0"'
        return f'{frame} srcdoc="{page}"></iframe>'

    @cached_property
    def page(self):
        """The map as a whole page, str."""
        from fer_cluster.report.template import render

        return render("map_page.html", title=repr(self), map=self.parts())

    def save(self, path):
        """Write the map as a page and return its path.

        Parameters
        ----------
        path : path-like
        """
        with writing(path) as temporary:
            temporary.write_text(self.page, encoding="utf-8")
        return path

    def parts(self):
        """Return what a template needs of the map: points, figure, sheets, libraries."""
        seen = self.images and self.faces is not None
        size = list(self.faces.images.shape[1:]) if seen else None
        return {
            "points": as_json(pooled(self._points) | {"size": size, "side": SIDE}),
            "figure": as_json(_figure()),
            "sheets": list(sheets(self.faces.images)) if seen else [],
            "libraries": _libraries(),
            "script": files("fer_cluster.report").joinpath("map.js").read_text("utf-8"),
        }


def as_json(value):
    """Return JSON that can stand in a page: nothing in it ends a script or begins a tag."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _figure():
    """Return the empty Bokeh figure of the map as JSON; the page's script fills it."""
    from bokeh import models
    from bokeh.embed import json_item
    from bokeh.plotting import figure

    source = models.ColumnDataSource({"x": [], "y": [], "code": []}, name="faces")
    kinds = (models.PanTool, models.WheelZoomTool, models.LassoSelectTool, models.TapTool, models.ResetTool)
    tools = [kind() for kind in kinds]
    ranges = {"x_range": models.Range1d(0, 1), "y_range": models.Range1d(0, 1)}
    plot = figure(tools=tools, sizing_mode="stretch_both", name="map", **ranges)
    plot.toolbar.logo = None
    plot.toolbar.active_scroll = tools[1]
    points = _points(plot, source)
    plot.add_tools(models.HoverTool(renderers=[points], tooltips=None))
    plot.background_fill_color = plot.border_fill_color = plot.outline_line_color = None
    plot.axis.visible = False
    plot.grid.visible = False
    return json_item(plot)


def _points(plot, source):
    """Draw the faces that are shown as points, coloured by their code."""
    from bokeh import models

    shown = models.CDSView(filter=models.BooleanFilter(booleans=[], name="shown"))
    colours = models.LinearColorMapper(palette=["gray"], low=-0.5, high=0.5, name="colours")
    return plot.scatter(
        "x", "y", source=source, view=shown, size=5, name="points",
        color={"field": "code", "transform": colours}, alpha=0.75, line_color=None, nonselection_alpha=0.12,
    )  # fmt: skip


def _libraries():
    """Return the scripts of BokehJS; none of them asks the network for anything."""
    from bokeh.resources import Resources

    return Resources("inline", components=["bokeh", "bokeh-gl"], log_level="error").js_raw
