"""The report's pages: plain HTML with its media beside it, no server, no network, no dates."""

import os
import shutil
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from .. import __version__
from ..archive import temporary_beside, write_atomic
from .items import counts_of, items_of, models_of
from .media import Row, media_of, remove_stale
from .names import shown

ITEMS_A_PAGE = 500
_RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "report"


def write_report(
    rows: list[Row], run_info: dict[str, Any], results: Path, archive: Path, threads: int = 2
) -> None:
    """Write report/index.html, further pages of 500 items, the style and the thumbnails.

    ``rows`` are the manifest's, ``archive`` the folder that their sources are relative to.
    ``run_info`` holds ``left_alone`` (what: how many) and ``prune`` (``reason`` and ``remedy``,
    empty unless results were held back). Equal input gives equal bytes. Raises OSError if the
    pages cannot be written; a thumbnail that cannot be made is left out, with its reason.
    """
    media = media_of(rows, results, archive, threads)
    items = items_of(rows, media)
    pages = [items[n : n + ITEMS_A_PAGE] for n in range(0, len(items), ITEMS_A_PAGE)] or [[]]
    template = _template()
    common = {
        "counts": counts_of(rows),
        "models": models_of(rows),
        "left_alone": sorted(run_info["left_alone"].items()),
        "notice": {name: shown(run_info["prune"][name]) for name in ("reason", "remedy")},
        "page_names": [_page_name(number) for number in range(len(pages))],
        "total": len(items),
        "version": __version__,
    }
    report = results / "report"
    _copy(_RESOURCES / "style.css", report / "style.css")
    for number, page in enumerate(pages):
        groups = [(s, list(group)) for s, group in groupby(page, key=lambda item: item.section)]
        text = template.render(common, number=number, groups=groups)
        write_atomic(report / _page_name(number), text)
    for path in set(report.glob("page-*.html")) - {report / name for name in common["page_names"]}:
        path.unlink()
    remove_stale(media, results)


def _page_name(number: int) -> str:
    return "index.html" if number == 0 else f"page-{number + 1}.html"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_RESOURCES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html")


def _copy(source: Path, target: Path) -> None:
    part = temporary_beside(target)
    shutil.copyfile(source, part)
    os.replace(part, target)
