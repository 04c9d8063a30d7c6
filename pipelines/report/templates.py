"""Where the pages' templates are found, and what they write numbers with."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from pipelines.report import charts, terms
from pipelines.report.cells import column_name, interval, percent
from pipelines.report.words import judged, outlook, over_images
from pipelines.statistics.verdicts import points


def environment(package: str = "pipelines.report") -> Environment:
    """Return where the pages' templates and their filters are found.

    Parameters
    ----------
    package
        Whose templates; those of the reports serve all pages.
    """
    jinja = Environment(
        loader=ChoiceLoader([PackageLoader(one, ".") for one in (package, "pipelines.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {
        "percent": percent,
        "interval": interval,
        "column_name": column_name,
        "points": points,
        "judged": judged,
        "outlook": outlook,
        "over_images": over_images,
        "duration": duration,
        "count": "{:,.0f}".format,
    }
    jinja.globals |= {"series": charts.SERIES, "terms": terms}
    return jinja


def duration(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> duration(4.24), duration(95.2), duration(7384)
    ('4.2 s', '1 min 35 s', '2 h 3 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
