"""A TIFF of several pictures becomes one of as many, each coloured by itself."""

import numpy as np
import pytest
import tifffile

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.photos import tiff
from autochrome.photos.tiff_pages import colour_pages, pictures_apart, pictures_of
from autochrome.photos.tiff_tags import Tag, replace_tags

from .pictures import AB, MOST, grey, grey16, rgb, sepia


def write_pages(path, *pages, **options):
    with tifffile.TiffWriter(path, **options) as file:
        for number, (pixels, how) in enumerate(pages):
            file.write(pixels, metadata=None, description=f"page {number}", **how)
    return path


def colour(source, part):
    picture = tiff.read(source, MOST)
    written = tiff.write(part, picture, AB, b"")
    return {
        "status": "coloured",
        "luma_error": written.luma_error,
        "checks": {"tone": "grey", "notes": list(written.notes)},
    }


PAGES = (
    (grey(), {"compression": "lzw"}),
    (grey16(50, 60), {"compression": "zlib", "tile": (32, 32)}),
    (sepia(33, 21), {}),
)


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}])
def test_each_picture_is_coloured_on_its_own_luma(tmp_path, options):
    path = write_pages(tmp_path / "a.tif", *PAGES, **options)
    part = tmp_path / "part.tif"
    outcome = colour_pages(path, pictures_of(path), part, colour)
    assert (outcome["status"], outcome["checks"]["pictures"]) == ("coloured", 3)
    with tifffile.TiffFile(part) as file:
        assert (file.byteorder, file.is_bigtiff) == (
            options.get("byteorder", "<"),
            "bigtiff" in options,
        )
        assert [page.description for page in file.pages] == ["page 0", "page 1", "page 2"]
        for page, (pixels, how) in zip(file.pages, PAGES, strict=True):
            result = page.asarray()
            luma = pixels if pixels.ndim == 2 else luma_from_rgb(pixels)
            assert np.abs(luma_from_rgb(result).astype(int) - luma).max() <= 1
            assert page.is_tiled == ("tile" in how)
        assert file.pages[0].compression == 5


def test_a_strip_whose_length_is_not_told_is_moved_whole(tmp_path):
    path = write_pages(tmp_path / "a.tif", (grey(), {}), (grey(50, 60), {}))
    replace_tags(path, {}, {279})
    part = tmp_path / "part.tif"
    colour_pages(path, pictures_of(path), part, colour)
    assert np.abs(luma_from_rgb(tifffile.imread(part, key=0)).astype(int) - grey()).max() <= 1


@pytest.mark.parametrize(("changes", "removed"), [({}, {279}), ({259: 6}, ())])
def test_a_picture_that_cannot_be_moved_is_named(tmp_path, changes, removed):
    path = write_pages(tmp_path / "a.tif", (grey(), {"compression": "lzw"}), (grey(50, 60), {}))
    tags = {code: Tag(3, 1, value.to_bytes(2, "little")) for code, value in changes.items()}
    replace_tags(path, tags, set(removed))
    with pytest.raises(ItemError, match="One of its pictures"):
        colour_pages(path, pictures_of(path), tmp_path / "part.tif", colour)


def test_an_offset_that_no_file_has_ends_the_list(tmp_path):
    path = write_pages(tmp_path / "a.tif", *PAGES[:2], bigtiff=True)
    data = bytearray(path.read_bytes())
    data[8:16] = b"\xff" * 8
    path.write_bytes(data)
    assert pictures_of(path) == []


def test_reduced_copies_are_not_pictures(tmp_path):
    path = write_pages(tmp_path / "a.tif", PAGES[0], (grey(20, 10), {"subfiletype": 1}))
    assert len(pictures_of(path)) == 1


def test_a_picture_that_fails_is_taken_over_and_named(tmp_path):
    bad = (grey().astype(np.int16), {})
    path = write_pages(tmp_path / "a.tif", PAGES[0], bad)
    outcome = colour_pages(path, pictures_of(path), tmp_path / "part.tif", colour)
    assert outcome["status"] == "partial"
    assert "Picture 2 of 2" in outcome["reason"]
    with tifffile.TiffFile(tmp_path / "part.tif") as file:
        assert np.array_equal(file.pages[1].asarray(), bad[0])


def test_a_file_of_which_no_picture_can_be_coloured_has_failed(tmp_path):
    bad = (grey().astype(np.int16), {})
    path = write_pages(tmp_path / "a.tif", bad, bad)
    with pytest.raises(ItemError, match="Picture 1 of 2.*signed"):
        colour_pages(path, pictures_of(path), tmp_path / "part.tif", colour)


def test_a_picture_in_colour_among_others_is_left_as_it_is(tmp_path):
    path = write_pages(tmp_path / "a.tif", PAGES[0], (rgb(), {"compression": "jpeg"}))

    def colour_grey(source, part):
        if tiff.read(source, MOST).seen is not None:
            return {"status": "left_colour", "luma_error": None, "checks": {"tone": "colour"}}
        return colour(source, part)

    outcome = colour_pages(path, pictures_of(path), tmp_path / "part.tif", colour_grey)
    assert outcome["checks"]["tones"] == ["grey", "colour"]
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(tmp_path / "part.tif") as after:
        assert np.array_equal(before.pages[1].asarray(), after.pages[1].asarray())


def test_a_document_among_photographs_is_left_as_it_is(tmp_path):
    path = write_pages(tmp_path / "a.tif", PAGES[0], (grey(20, 10), {}))

    def colour_large(source, part):
        if tiff.read(source, MOST).width == 20:
            return {"status": "left_alone", "luma_error": None, "checks": {"tone": "grey"}}
        return colour(source, part)

    outcome = colour_pages(path, pictures_of(path), tmp_path / "part.tif", colour_large)
    assert outcome["status"] == "coloured"
    assert (
        "1 of 2 pictures are documents or negatives: left as they are" in outcome["checks"]["notes"]
    )
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(tmp_path / "part.tif") as after:
        assert np.array_equal(before.pages[1].asarray(), after.pages[1].asarray())


@pytest.mark.parametrize("keep", [0, 3, 8, 200])
def test_a_cut_file_has_no_further_pictures(tmp_path, keep):
    path = write_pages(tmp_path / "a.tif", *PAGES)
    path.write_bytes(path.read_bytes()[:keep])
    assert len(pictures_of(path)) <= 1


def test_the_picture_behind_its_reduced_copy_is_the_one_that_counts(tmp_path):
    path = write_pages(tmp_path / "a.tif", (grey(20, 10), {"subfiletype": 1}), PAGES[0])
    part = tmp_path / "part.tif"
    outcome = colour_pages(path, pictures_apart(path), part, colour)
    assert (outcome["status"], outcome["checks"]["pictures"]) == ("coloured", 1)
    assert tifffile.imread(part).shape == (*PAGES[0][0].shape, 3)


def test_a_picture_before_its_reduced_copy_is_not_taken_apart(tmp_path):
    path = write_pages(tmp_path / "a.tif", PAGES[0], (grey(20, 10), {"subfiletype": 1}))
    assert pictures_apart(path) == []


@pytest.mark.parametrize("bigtiff", [False, True])
def test_the_picture_in_a_sub_directory_of_its_reduced_copy_counts(tmp_path, bigtiff):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as file:
        file.write(grey(20, 10), subfiletype=1, subifds=2)
        file.write(grey(45, 35), subfiletype=1)
        file.write(grey(), compression="zlib")
    part = tmp_path / "part.tif"
    outcome = colour_pages(path, pictures_apart(path), part, colour)
    assert outcome["checks"]["pictures"] == 1
    assert tifffile.imread(part).shape == (*grey().shape, 3)
