"""What the pages load for their search, plots and times."""

import json

import pytest
from PIL import Image

from autochrome.report import pages, write_report
from autochrome.report.look import attention_of, conspicuous, usual_colorfulness
from autochrome.report.plot import plot_of
from autochrome.report.timings import write_timings
from tests.photos.conftest import results  # noqa: F401
from tests.photos.pictures import grey, jpeg_bytes
from tests.report.conftest import NOTHING_ELSE


def data_of(shelf):
    write_report(shelf.rows, NOTHING_ELSE, shelf.results, shelf.archive)
    text = (shelf.results / "report/items.js").read_text(encoding="ascii")
    return json.loads(text.removeprefix("window.autochromeItems=").removesuffix(";\n"))


def test_the_search_knows_every_item_in_the_order_of_the_pages(shelf, monkeypatch):
    monkeypatch.setattr(pages, "ITEMS_A_PAGE", 2)
    for name in ("box 1/a.png", "box 2/</script>.png", "c.png"):
        shelf.photo(name, model="compact")
    shelf.failed("box 1/broken.png")
    data = data_of(shelf)
    names = [item[0] for item in data["items"]]
    assert names == ["box 1/broken.png", "box 1/a.png", "box 2/</script>.png", "c.png"]
    for number, name in enumerate(names):
        page = "index.html" if number < 2 else "page-2.html"
        text = (shelf.results / "report" / page).read_text(encoding="utf-8")
        assert f'id="item-{number}"' in text, name


def test_an_item_is_found_by_folder_network_and_status(shelf):
    shelf.photo("box 1/a.png", model="compact")
    shelf.failed("broken.png")
    data = data_of(shelf)
    told = [
        (data["folders"][item[2]], data["models"][item[3]], data["statuses"][item[4]])
        for item in data["items"]
    ]
    assert told == [("", "", "failed"), ("box 1", "compact", "coloured")]


def test_what_needs_a_look_has_the_greater_figure_and_comes_first(shelf):
    shelf.photo("fine.png", luma_error=1)
    shelf.photo("off.png", luma_error=2)
    shelf.photo("pale.png", checks={"notes": ["hardly any colour"]})
    shelf.photo("torn.png", "partial")
    shelf.failed("gone.png")
    figures = {item[0]: item[5] for item in data_of(shelf)["items"]}
    order = ["gone.png", "torn.png", "pale.png", "off.png", "fine.png"]
    assert list(figures) == sorted(figures, key=figures.get, reverse=True) == order
    assert len(set(figures.values())) == 5


def test_what_is_said_of_nearly_all_photographs_is_no_reason_to_look(results):  # noqa: F811
    exif = Image.Exif()
    exif[0x010E] = "Aunt Vera"
    (results.archive / "a.jpg").write_bytes(jpeg_bytes(grey(), exif=exif))
    Image.fromarray(grey()).save(results.archive / "b.gif")
    Image.fromarray(grey()).save(results.archive / "c.webp", lossless=True)
    rows = results.colour(b="gif", c="webp").values()
    assert all(row["checks"]["notes"] for row in rows)
    assert [attention_of(row, "") for row in rows] == [0, 0, 0]


CALM = {"times": [0.0, 1.0, 75.0], "motion": [0.0, 0.5, 2.0]}


@pytest.mark.parametrize(("most", "told"), [(5.9, ""), (9.0, "Its colours jump at 1:15, by 9.0")])
def test_a_film_whose_colours_jump_inside_a_shot_is_to_be_looked_at(most, told):
    row = {"kind": "film", "status": "coloured", "luma_error": 0, "checks": {}}
    look = conspicuous(row, CALM | {"motion": [0.0, 0.5, most]}, None)
    assert look.startswith(told) and bool(look) == bool(told)
    assert attention_of(row, look) == bool(told)


def test_a_photograph_much_livelier_than_the_others_is_to_be_looked_at(shelf):
    for number in range(30):
        shelf.photo(f"{number:02}.png", model="compact", colorfulness=20 + number % 5)
    shelf.photo("x.png", model="compact", colorfulness=60)
    first, *others = data_of(shelf)["items"]
    assert first[0] == "x.png" and {item[5] for item in others} == {0}
    text = (shelf.results / "report/index.html").read_text(encoding="utf-8")
    assert text.count("Much more colourful than the other photographs.") == 1


@pytest.mark.parametrize("colorfulness", [20.0, 60.0])
def test_of_a_few_photographs_none_stands_out(colorfulness):
    rows = [{"kind": "photo", "model": "m", "colorfulness": colorfulness}] * 19
    assert usual_colorfulness(rows) is None


def test_of_several_networks_each_item_names_its_own(shelf):
    shelf.photo("a.png", model="compact")
    data_of(shelf)
    text = (shelf.results / "report/index.html").read_text(encoding="utf-8")
    assert "network compact" not in text
    shelf.photo("b.png", model="zhang2016-v2", model_sha256="2")
    data_of(shelf)
    text = (shelf.results / "report/index.html").read_text(encoding="utf-8")
    assert text.count("network compact") == text.count("network zhang2016-v2") == 1


def test_a_plot_stays_in_its_box_and_says_where_colours_change_most():
    plot = plot_of(
        {
            "times": [0.0, 1.0, 75.0],
            "colorfulness": [10.0, 90.0, 20.0],
            "motion": [0.0, 0.5, 9.0],
            "cuts": [0.0, 50.0],
            "length": [100.0],
        }
    )
    for line in (plot.colorfulness, plot.motion):
        points = [tuple(map(float, point.split(","))) for point in line.split()]
        assert all(0 <= x <= 1000 and 0 <= y <= 100 for x, y in points)
        assert [x for x, _ in points] == [0, 10, 750, 1000]
    assert plot.cuts == [500.0]
    assert "Colorfulness from 10 to 90" in plot.summary and "at 1:15" in plot.summary


def read_timings(folder):
    text = (folder / "logs/timings.js").read_text()
    return json.loads(text.removeprefix("window.autochromeTimings=").removesuffix(";\n"))


def test_times_are_summed_by_stage_outside_of_the_report(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/timings.tsv").write_text(
        "rule\titem\texpected_seconds\tseconds\n"
        "colour_photos\tx1\t3\t1.50\ncolour_photos\tx2\t3\t2.00\nindex_film\tab\t9\t4\n"
    )
    write_timings(tmp_path)
    assert read_timings(tmp_path) == [
        {"rule": "colour_photos", "jobs": 2, "seconds": 3.5},
        {"rule": "index_film", "jobs": 1, "seconds": 4.0},
    ]


def test_times_torn_by_a_full_disk_count_for_nothing(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/timings.tsv").write_text(
        "rule\titem\texpected_seconds\tseconds\ncolour_photos\tx1\t3\t1.50\n"
        "colour_photos\tx2\t3\tindex_film\tab\t9\t4\nencode_chunk\ta"
    )
    write_timings(tmp_path)
    assert read_timings(tmp_path) == [{"rule": "colour_photos", "jobs": 1, "seconds": 1.5}]


def test_without_times_the_table_is_empty(tmp_path):
    write_timings(tmp_path)
    assert read_timings(tmp_path) == []
