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
from .media import Row, curve_of, media_of, remove_stale
from .names import shown
from .overview import overview_of
from .plot import HEIGHT, WIDTH
from .search import search_script

ITEMS_A_PAGE = 500
_RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "report"


def write_report(
    rows: list[Row], run_info: dict[str, Any], results: Path, archive: Path, threads: int = 2
) -> None:
    """Write report/index.html, further pages of 500 items, what they load, and the thumbnails;
    and overview.html, one page that holds all it shows and can be handed on.

    ``rows`` are the manifest's, ``archive`` the folder that their sources are relative to.
    ``run_info`` holds ``left_alone`` (what: how many) and ``prune`` (``reason`` and ``remedy``,
    empty unless results were held back). Equal input gives equal bytes. Raises OSError if the
    pages cannot be written; a thumbnail that cannot be made is left out, with its reason.
    """
    media = media_of(rows, results, archive, threads)
    films = (row for row in rows if row["kind"] == "film" and row["result"])
    curves = {row["key"]: curve for row in films if (curve := curve_of(row, results))}
    items = items_of(rows, media, curves)
    pages = [items[n : n + ITEMS_A_PAGE] for n in range(0, len(items), ITEMS_A_PAGE)] or [[]]
    environment = _environment()
    common = {
        "counts": counts_of(rows),
        "frames": sum(row["frames"] or 0 for row in rows if row["result"]),
        "photographs": sum(row["kind"] == "photo" and row["model"] != "" for row in rows),
        "box": (WIDTH, HEIGHT),
        "models": models_of(rows),
        "left_alone": sorted(run_info["left_alone"].items()),
        "notice": {name: shown(run_info["prune"][name]) for name in ("reason", "remedy")},
        "page_names": [_page_name(number) for number in range(len(pages))],
        "total": len(items),
        "version": __version__,
    }
    report = results / "report"
    for name in ("style.css", "report.js"):
        _copy(_RESOURCES / name, report / name)
    write_atomic(report / "items.js", search_script(items, ITEMS_A_PAGE))
    write_atomic(report / "run.html", environment.get_template("run.html").render(common))
    template = environment.get_template("page.html")
    for number, page in enumerate(pages):
        groups = [(s, list(group)) for s, group in groupby(page, key=lambda item: item.section)]
        text = template.render(common, number=number, groups=groups)
        write_atomic(report / _page_name(number), text)
    overview = environment.get_template("overview.html")
    write_atomic(report / "overview.html", overview.render(common, **overview_of(items, report)))
    for path in set(report.glob("page-*.html")) - {report / name for name in common["page_names"]}:
        path.unlink()
    remove_stale(media, results)


def _page_name(number: int) -> str:
    return "index.html" if number == 0 else f"page-{number + 1}.html"


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_RESOURCES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _copy(source: Path, target: Path) -> None:
    part = temporary_beside(target)
    shutil.copyfile(source, part)
    os.replace(part, target)
