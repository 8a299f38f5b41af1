"""What the planner asks of films, and of the children that look at them."""

from autochrome import films
from autochrome.plan.run import _Prober


def fails(path: str):
    raise AttributeError("nobody foresaw this")


def test_an_unforeseen_error_is_the_fault_of_its_film(monkeypatch):
    monkeypatch.setattr(films, "probe_film", fails, raising=False)
    with _Prober() as probe:
        found = probe("a.avi")
    assert "nobody foresaw this" in found["fault"]
    assert found["remedy"]
