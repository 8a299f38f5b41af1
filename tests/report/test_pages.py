"""The report's pages: complete, safe against any name, the same bytes for the same rows."""

import os
import re
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from PIL import Image

from autochrome.report import overview, pages, write_report
from autochrome.report.media import media_of
from tests.report.conftest import NOTHING_ELSE

AWKWARD = [
    *("<b>&\"quoted'.png", "#50 %?{x}$.png", "-dash.png", "new\nline\ttab.png", "\U0001f3a5.png"),
    *("back\\slash.png", os.fsdecode(b"odd \xff\xfe.png"), "e\u0301 ü.png", "a/b c/d.png"),
]


class Page(HTMLParser):
    """What tests ask of a page: its links, images, headings and text."""

    def __init__(self, path):
        super().__init__()
        self.links, self.images, self.texts, self.opened = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.opened.append(tag)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag in ("img", "source"):
            self.images.append(attributes)

    def handle_data(self, text):
        self.texts.append(text.strip())


def report_of(shelf, **run_info):
    write_report(shelf.rows, NOTHING_ELSE | run_info, shelf.results, shelf.archive)
    return Page(shelf.results / "report/index.html")


def local(page_folder, url):
    return os.path.join(os.fsencode(page_folder), unquote_to_bytes(url))


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_links_and_images_lead_to_files_whatever_the_names(shelf):
    for name in AWKWARD:
        shelf.photo(name)
    page = report_of(shelf)
    of_the_run = ("#items", "../manifest.tsv", "../SHA256SUMS", "../provenance.jsonl")
    urls = [url for url in page.links if url not in (*of_the_run, "run.html")]
    urls += [image["src"] for image in page.images]
    assert len(urls) == len(AWKWARD) * (2 + 2)
    assert [url for url in urls if not os.path.isfile(local(shelf.results / "report", url))] == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=y>'])
def test_names_never_become_markup(shelf, name):
    shelf.failed(name)
    page = report_of(shelf)
    assert name in page.texts
    # The page's own script and the times of the work are the only ones.
    assert page.opened.count("script") == 2 and "img" not in page.opened


def test_every_image_has_an_alternative_text_and_a_size(shelf):
    shelf.photo("cat.png")
    images = report_of(shelf).images
    assert [image["alt"] for image in images] == ["Before: cat.png", "After: cat.png"]
    assert all(image["loading"] == "lazy" and int(image["width"]) > 0 for image in images)


def test_what_failed_comes_first_with_reason_and_remedy(shelf):
    shelf.photo("a.png")
    shelf.failed("z.png", "It is torn.", "Bring a whole copy.")
    texts = report_of(shelf).texts
    assert texts.index("z.png") < texts.index("It is torn.") < texts.index("Bring a whole copy.")
    assert texts.index("z.png") < texts.index("a.png")


def test_what_was_left_alone_and_held_back_is_told(shelf):
    shelf.row("photo", "slide.jpg", "", "left_colour")
    held = {"reason": "25 results have no source.", "remedy": "Confirm."}
    text = " ".join(report_of(shelf, left_alone={"other files": 7}, prune=held).texts)
    assert "other files (7)" in text and "25 results have no source. Confirm." in text
    assert "slide.jpg" in text


def test_a_document_that_was_left_alone_has_a_place_of_its_own(shelf):
    shelf.row("photo", "letter.tif", "", "left_alone")
    texts = report_of(shelf).texts
    assert "Documents and negatives, left alone" in texts and "letter.tif" in texts
    assert "In colour already, left alone" not in texts


def test_the_same_rows_give_the_same_bytes_in_any_folder(shelf, tmp_path_factory):
    shelf.photo("a.png")
    shelf.photo("b.png")
    (shelf.results / "photos/b.png").write_bytes(b"no picture")
    report_of(shelf)
    first = {p.relative_to(shelf.results): b for p, b in contents(shelf.results / "report").items()}
    moved = type(shelf)(tmp_path_factory.mktemp("elsewhere"))
    moved.rows = shelf.rows
    shelf.archive.rename(moved.archive)
    moved.results.mkdir()
    (shelf.results / "photos").rename(moved.results / "photos")
    report_of(moved)
    assert first == {
        p.relative_to(moved.results): b for p, b in contents(moved.results / "report").items()
    }


def test_thumbnails_are_made_once(shelf):
    shelf.photo("a.png")
    report_of(shelf)
    before = {p: p.stat().st_mtime_ns for p in (shelf.results / "report/media").rglob("*.jpg")}
    shelf.photo("b.png")
    report_of(shelf)
    after = {p: p.stat().st_mtime_ns for p in (shelf.results / "report/media").rglob("*.jpg")}
    assert len(before) == 2 and len(after) == 4 and before.items() <= after.items()


def test_a_deleted_thumbnail_is_made_again(shelf):
    shelf.photo("a.png")
    report_of(shelf)
    before = contents(shelf.results / "report")
    next((shelf.results / "report/media").rglob("*.jpg")).unlink()
    report_of(shelf)
    assert contents(shelf.results / "report") == before


def test_thumbnails_of_removed_items_are_removed(shelf):
    shelf.photo("a.png")
    shelf.photo("b.png")
    report_of(shelf)
    shelf.rows.pop()
    report_of(shelf)
    assert len(list((shelf.results / "report/media").rglob("*.jpg"))) == 2


def test_a_result_that_cannot_be_shown_does_not_break_the_report(shelf):
    shelf.photo("a.png")
    shelf.photo("b.png")
    (shelf.results / "photos/a.png").write_bytes(b"no picture")
    page = report_of(shelf)
    assert len(page.images) == 2
    assert any("There is no preview of it." in text for text in page.texts)


def test_a_result_that_is_overwritten_and_made_again_is_shown_again(shelf):
    row = shelf.photo("a.png")
    result = shelf.results / "photos/a.png"
    coloured = result.read_bytes()
    for spoiled in (b"no picture", (shelf.archive / "a.png").read_bytes()):
        result.write_bytes(spoiled)
        media_of(shelf.rows, shelf.results, shelf.archive, 1)
        result.write_bytes(coloured)
        pairs = media_of(shelf.rows, shelf.results, shelf.archive, 1)[row["key"]]["pairs"]
        shown = Image.open(shelf.results / "report" / pairs[0]["after"])
        assert np.ptp(np.asarray(shown), axis=2).max() > 0
        (shelf.results / "state/report.jsonl").unlink()


def test_a_pipe_in_an_originals_place_is_not_waited_for_and_forgotten_when_it_is_gone(shelf):
    row = shelf.photo("a.jpg")
    original = (shelf.archive / "a.jpg").read_bytes()
    (shelf.archive / "a.jpg").unlink()
    os.mkfifo(shelf.archive / "a.jpg")
    media = media_of(shelf.rows, shelf.results, shelf.archive, 1)
    assert "not a file but a pipe" in media[row["key"]]["fault"]
    (shelf.archive / "a.jpg").unlink()
    (shelf.archive / "a.jpg").write_bytes(original)
    assert media_of(shelf.rows, shelf.results, shelf.archive, 1)[row["key"]]["pairs"]


def test_many_items_go_on_further_pages_that_go_when_no_longer_needed(shelf, monkeypatch):
    monkeypatch.setattr(pages, "ITEMS_A_PAGE", 2)
    for number in range(5):
        shelf.failed(f"{number}.jpg")
    report_of(shelf)
    report = shelf.results / "report"
    assert "4.jpg" in Page(report / "page-3.html").texts
    del shelf.rows[2:]
    report_of(shelf)
    assert [path.name for path in report.glob("page-*.html")] == []


def test_of_many_pages_the_near_ones_the_first_and_the_last_are_offered(shelf, monkeypatch):
    monkeypatch.setattr(pages, "ITEMS_A_PAGE", 1)
    for number in range(30):
        shelf.failed(f"{number:02}.jpg")
    report_of(shelf)
    page = Page(shelf.results / "report/page-15.html")
    offered = [url for url in page.links if url.startswith("page-")]
    near = [f"page-{n}.html" for n in range(12, 19)]
    assert offered == [*near, "page-30.html"] * 2


def test_the_overview_stands_alone(shelf, monkeypatch):
    monkeypatch.setattr(overview, "_MOST_SAMPLES", 3)
    monkeypatch.setattr(overview, "_MOST_FAILURES", 1)
    for number in range(7):
        shelf.photo(f"{number}.png")
    shelf.failed("y.png")
    shelf.failed("z.png")
    report_of(shelf)
    page = Page(shelf.results / "report/overview.html")
    assert page.links == [] and "script" not in page.opened and "link" not in page.opened
    assert [image["alt"] for image in page.images] == [
        f"{when}: {number}.png" for number in (0, 3, 6) for when in ("Before", "After")
    ]
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in page.images)
    assert "y.png" in page.texts and "z.png" not in page.texts and "And 1 more." in page.texts


def test_an_archive_without_items_has_a_report(shelf):
    shelf.results.mkdir()
    assert any("There is nothing to show" in text for text in report_of(shelf).texts)


def test_nothing_is_loaded_from_elsewhere(shelf):
    shelf.photo("a.png")
    report_of(shelf)
    for path in (shelf.results / "report").glob("*.*"):
        text = re.sub(r"data:image/jpeg;base64,[\w+/=]+", "", path.read_text(encoding="utf-8"))
        assert "//" not in text, path
