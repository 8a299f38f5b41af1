"""Content credentials: signed, read back, and told where something cannot be signed."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from autochrome.archive import sha256_file, write_json, write_manifest, write_provenance
from autochrome.certificates import make_test_certificate
from autochrome.credentials import (
    FORMS,
    SIGNED,
    TEST,
    fault_of,
    planned_credentials,
)
from autochrome.errors import ConfigError
from autochrome.verify import main
from tests.films.test_stages import results as film_results  # noqa: F401
from tests.photos.conftest import grey_profile, results  # noqa: F401
from tests.photos.pictures import grey, grey16, jpeg_bytes, luma_plane, rgb

NEWS_CODE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
OFF = {"certificate": None, "key": None}
HAS_C2PA = pytest.mark.skipif(
    find_spec("c2pa") is None,
    reason="c2pa-python is not installed",
)


@pytest.fixture
def credentials(tmp_path):
    """The test certificate, made in ``tmp_path``, with whole paths."""
    planned = planned_credentials({"certificate": TEST, "key": None}, tmp_path)
    make_test_certificate(planned, tmp_path)
    paths = {name: str(tmp_path / planned[name]) for name in ("certificate", "key")}
    return planned | paths


def read_back(path, form):
    """The active manifest, as the library's reader has it."""
    import c2pa

    with open(path, "rb") as file, c2pa.Reader(form, file) as reader:
        return reader.get_active_manifest()


def test_without_the_setting_nothing_is_planned(tmp_path):
    assert planned_credentials(OFF, tmp_path) is None


def test_a_missing_library_is_told_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(ConfigError, match=r"pip install -r requirements-c2pa.txt"):
        planned_credentials({"certificate": TEST, "key": None}, tmp_path)


@HAS_C2PA
class TestCertificates:
    def test_the_keys_of_the_test_are_made_once_and_for_their_owner_only(self, tmp_path):
        planned = planned_credentials({"certificate": TEST, "key": None}, tmp_path)
        make_test_certificate(planned, tmp_path)
        key = tmp_path / planned["key"]
        first = key.read_bytes()
        make_test_certificate(planned, tmp_path)
        assert key.read_bytes() == first
        assert key.stat().st_mode & 0o077 == 0

    def test_a_persons_own_is_tried(self, credentials, tmp_path):
        own = {name: credentials[name] for name in ("certificate", "key")}
        planned = planned_credentials(own, tmp_path)
        assert planned["identity"] not in (TEST, "") and own.items() <= planned.items()

    @pytest.mark.parametrize("fault", ["missing", "rubbish", "other key", "no key", "swapped"])
    def test_one_that_cannot_sign_is_told_before_any_work(self, credentials, tmp_path, fault):
        own = {name: credentials[name] for name in ("certificate", "key")}
        if fault == "missing":
            own["certificate"] += ".gone"
        elif fault == "rubbish":
            (tmp_path / "rubbish.pem").write_text("no certificate")
            own["certificate"] = str(tmp_path / "rubbish.pem")
        elif fault == "other key":
            planned = planned_credentials({"certificate": TEST, "key": None}, tmp_path)
            make_test_certificate(planned, tmp_path / "other")
            own["key"] = str(tmp_path / "other" / planned["key"])
        elif fault == "no key":
            own["key"] = None
        else:
            own["certificate"], own["key"] = own["key"], own["certificate"]
        with pytest.raises(ConfigError, match="credentials|sign") as told:
            planned_credentials(own, tmp_path)
        assert told.value.remedy


@HAS_C2PA
class TestPhotographs:
    @pytest.fixture
    def signed(self, results, credentials):  # noqa: F811
        """A batch of every format, signed; the rows by their source."""
        (results.archive / "a.jpg").write_bytes(jpeg_bytes(grey(), dpi=(300, 300)))
        Image.fromarray(grey16()).save(results.archive / "b.png")
        Image.fromarray(grey16()).save(results.archive / "c.tif", compression="tiff_lzw")
        Image.fromarray(grey()).save(results.archive / "d.webp", lossless=True)
        Image.fromarray(grey()).save(results.archive / "e.gif")
        Image.fromarray(grey()).save(results.archive / "f.bmp")
        pages = [Image.fromarray(grey()), Image.fromarray(grey())]
        pages[0].save(results.archive / "g.tif", save_all=True, append_images=pages[1:])
        (results.archive / "h.jpg").write_bytes(jpeg_bytes(rgb()))
        (results.archive / "i.jpg").write_bytes(jpeg_bytes(grey(400, 300))[:-4000])
        results.settings["credentials"] = credentials
        self.formats = {"b": "png", "c": "tiff", "d": "webp", "e": "gif", "f": "bmp", "g": "tiff"}
        return results.colour(**self.formats)

    def test_what_can_be_signed_is_and_the_rest_says_why_not(self, signed):
        said = {name: row["checks"].get("credentials") for name, row in signed.items()}
        assert {said[n] for n in ("a.jpg", "b.png", "c.tif", "d.webp", "e.gif", "i.jpg")} == {
            SIGNED
        }
        assert said["f.bmp"] == "none: C2PA knows no BMP"
        assert "several pictures" in said["g.tif"]
        assert signed["h.jpg"]["status"] == "left_colour" and said["h.jpg"] is None
        assert signed["i.jpg"]["status"] == "partial"

    def test_the_credentials_name_the_original_and_the_model(self, signed):
        manifest = read_back(signed["b.png"]["result"], "image/png")
        (parent,) = manifest["ingredients"]
        assert (parent["title"], parent["relationship"]) == ("b.png", "parentOf")
        actions = manifest["assertions"][0]["data"]["actions"]
        assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.color_adjustments"]
        assert actions[1]["digitalSourceType"] == NEWS_CODE
        assert signed["b.png"]["sha256"] in json.dumps(actions[1]["parameters"])

    def test_the_luma_stays(self, signed, results):  # noqa: F811
        np.testing.assert_array_equal(
            luma_plane(results.archive / "a.jpg"), luma_plane(signed["a.jpg"]["result"])
        )
        assert all(row["luma_error"] <= 1 for row in signed.values() if row["luma_error"])

    def test_pixels_are_those_of_an_unsigned_result(self, signed, results):  # noqa: F811
        del results.settings["credentials"]
        kept = {n: np.asarray(Image.open(r["result"])) for n, r in signed.items() if n < "f"}
        plain = results.colour(**self.formats)
        for name, pixels in kept.items():
            assert plain[name]["key"] != signed[name]["key"]
            np.testing.assert_array_equal(np.asarray(Image.open(plain[name]["result"])), pixels)

    def test_nothing_is_signed_twice(self, signed, results):  # noqa: F811
        assert results.colour(**self.formats) == signed

    def test_what_cannot_be_signed_is_not_made_again(self, signed, results):  # noqa: F811
        told = signed["f.bmp"]
        before = (results.folder / told["result"]).stat()
        del results.settings["credentials"]
        plain = results.colour(**self.formats)["f.bmp"]
        assert (results.folder / told["result"]).stat() == before
        assert plain["checks"] | {"credentials": "none: C2PA knows no BMP"} == told["checks"]
        assert plain["key"] == told["key"]

    def test_a_change_is_found(self, signed, results):  # noqa: F811
        path = results.folder / signed["c.tif"]["result"]
        assert fault_of(path, FORMS[".tif"]) is None
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
        assert fault_of(path, FORMS[".tif"])
        assert fault_of(results.archive / "c.tif", FORMS[".tif"])

    def test_verify_looks_at_the_credentials(self, signed, results, capsys, monkeypatch):  # noqa: F811
        rows = sorted(signed.values(), key=lambda row: row["source"])
        write_json(results.folder / "autochrome.json", {"archive": str(results.archive)})
        write_manifest(rows, results.folder)
        write_provenance(rows, results.folder)
        assert main([str(results.folder)]) == 0
        # Another file's credentials, and a manifest that says so: only they themselves tell.
        path = results.folder / signed["b.png"]["result"]
        Image.open(path).save(path)
        signed["b.png"]["result_sha256"] = sha256_file(path)
        write_manifest(rows, results.folder)
        write_provenance(rows, results.folder)
        assert main([str(results.folder)]) == 1
        assert "content credentials of 'photos/b.png'" in capsys.readouterr().out
        monkeypatch.setitem(sys.modules, "c2pa", None)
        assert main([str(results.folder)]) == 0
        assert "were not looked at" in capsys.readouterr().err


def named(film_results, name):  # noqa: F811
    """Let the film have this name."""
    source = film_results.archive / film_results.path
    film_results.path = name
    source.rename(film_results.archive / name)
    film_results.film = type(film_results)(film_results.archive, name).film


@HAS_C2PA
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_film_is_signed_where_its_container_can_be(film_results, credentials, suffix):  # noqa: F811
    named(film_results, f"film.{suffix}")
    plain = film_results.run()
    film_results.join = {"credentials": credentials}
    row = film_results.run()
    assert row["status"] == "coloured"
    assert row["checks"]["credentials"] == SIGNED
    manifest = read_back(row["result"], FORMS[f".{suffix}"])
    assert NEWS_CODE in json.dumps(manifest["assertions"])
    assert row["key"] != plain["key"]
    assert film_results.run() == row


@HAS_C2PA
def test_a_film_that_cannot_be_signed_is_not_made_again(film_results, credentials):  # noqa: F811
    named(film_results, "film.mkv")
    plain = film_results.run()
    film_results.join = {"credentials": credentials}
    row = film_results.run()
    told = {"credentials": "none: C2PA knows no MKV"}
    # Even the time of its last change is the same.
    assert row == plain | {"checks": plain["checks"] | told}
    film_results.join = {}
    assert film_results.run() == plain
