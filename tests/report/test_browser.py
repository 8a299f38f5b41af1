"""The pages in a browser, where one is there: Chromium, and Playwright to drive it."""

import os
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import pytest

from autochrome.report import pages, write_report
from tests.report.conftest import NOTHING_ELSE

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not here")
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
if CHROMIUM is None:
    pytest.skip("Chromium is not here", allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield opened
        opened.close()


@pytest.fixture(params=["light", "dark"])
def page(browser, request, shelf, monkeypatch):
    """A report of six photographs on two pages, and one failure, on a phone."""
    monkeypatch.setattr(pages, "ITEMS_A_PAGE", 4)
    for number in range(6):
        shelf.photo(f"box {number % 2}/Ünnamed {number} {'long' * 30}.png", model="compact")
    shelf.failed("torn.jpg", "It is torn.", "Bring a whole copy.")
    write_report(shelf.rows, NOTHING_ELSE, shelf.results, shelf.archive)
    opened = browser.new_page(
        viewport={"width": 360, "height": 700}, color_scheme=request.param, reduced_motion="reduce"
    )
    opened.faults = []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.goto((shelf.results / "report/index.html").as_uri())
    yield opened
    assert opened.faults == []
    opened.close()


def test_nothing_is_wider_than_a_phone(page):
    for name in ("index.html", "page-2.html", "run.html", "overview.html"):
        page.goto(page.url.rpartition("/")[0] + "/" + name)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, name


def test_the_first_page_says_how_long_the_work_took(page):
    assert page.locator(".took").is_hidden()
    folder = Path(urlsplit(page.url).path).parents[1] / "logs"
    folder.mkdir()
    (folder / "timings.js").write_text('window.autochromeTimings=[{"seconds":200},{"seconds":40}];')
    page.reload()
    assert page.locator(".took").inner_text() == "The jobs took 4 min, one after another."


def test_a_slider_moves_by_key_and_by_mouse(page):
    slider = page.locator(".slider").first
    slider.scroll_into_view_if_needed()
    place = slider.locator("input")
    place.focus()
    page.keyboard.press("ArrowRight")
    assert place.input_value() == "51"
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    assert int(place.input_value()) < 20
    assert "% before" in place.get_attribute("aria-valuetext")


def test_the_search_finds_without_accents_and_leads_to_the_item(page):
    page.get_by_label("Search").fill("unnamed 5")
    page.get_by_text("Found 1 of 7").wait_for()
    assert page.locator("main").is_hidden()
    page.locator(".found li a").click()
    page.wait_for_url("**/page-2.html#item-6")


def test_filters_and_order(page):
    page.get_by_label("Search").focus()
    page.get_by_label("Status").select_option("failed")
    page.get_by_text("Found 1 of 7").wait_for()
    page.get_by_label("Status").select_option("")
    page.get_by_label("Folder").select_option("box 1")
    page.get_by_text("Found 3 of 7").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.locator("main").wait_for(state="visible")
    assert page.locator(".found").is_hidden()


# Relative luminance and contrast as WCAG 2 defines them, of every text against its ground.
CONTRASTS = """() => {
  const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const told = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const pair = [light(channels(getComputedStyle(element).color)), light(ground(element))];
    told.push([(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), element.outerHTML]);
  }
  return told;
}"""


def test_every_text_has_the_contrast_of_wcag_aa(page):
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert [html for ratio, html in contrasts if ratio < 4.5] == []
