"""The documents: their commands are ones that the programs take, their links lead somewhere, and
what is made by a script is current."""

import copy
import re
import runpy
import shlex

import pytest
import yaml
from snakemake.cli import get_argument_parser

from autochrome import explain, verify
from autochrome.config import check_config
from tests.conftest import REPOSITORY

PAGES = sorted(
    path
    for folder in (".", "config", "docs", "models/compact")
    for path in (REPOSITORY / folder).glob("*.md")
)
DEFAULT = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())


def named(path):
    return str(path.relative_to(REPOSITORY))


def commands():
    """(page, command) of every line in a block of commands that calls one of our programs."""
    for page in PAGES:
        text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
        for block in re.findall(r"```\n(.*?)```", text, re.S):
            for line in block.splitlines():
                line = line.strip().split("  #")[0].split("   ")[0]
                if line.startswith(("./colorize", "./check", ".venv/bin/python -m ")):
                    yield pytest.param(line, id=f"{named(page)}: {line}")


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_is_one_that_the_program_takes(command):
    program, *words = shlex.split(command)
    if program == "./check":
        assert all((REPOSITORY / word).exists() for word in words if "/" in word)
    elif program.endswith("python"):
        module = REPOSITORY / words[1].replace(".", "/")
        assert words[0] == "-m"
        assert module.with_suffix(".py").is_file() or module.is_dir() or words[1] == "ruff"
    elif words[:1] in (["verify"], ["explain"]):
        {"verify": verify, "explain": explain}[words[0]].options().parse_args(words[1:])
    else:
        takes_an_archive = words and not words[0].startswith("-")
        asked, unknown = get_argument_parser().parse_known_args(words[bool(takes_an_archive) :])
        assert set(unknown) <= {"--verbose"} and not asked.targets
        check_settings(asked.config)


def check_settings(assigned):
    """Settings as Snakemake takes them from its command line fit the schema."""
    config = copy.deepcopy(DEFAULT)
    for assignment in assigned or ():
        key, _, value = assignment.partition("=")
        read = yaml.safe_load(value)
        config[key] = config[key] | read if isinstance(read, dict) else read
    config["archive"] = config["archive"] or "archive"
    check_config(config)


def anchors(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            yield target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_file(page):
    assert [target for target in anchors(page) if not (page.parent / target).exists()] == []


def test_every_promise_names_tests_that_are_there():
    text = (REPOSITORY / "docs/promises.md").read_text()
    tests = set(re.findall(r"`(tests/[^`]+)`", text))
    assert len(tests) > 15
    assert [name for name in sorted(tests) if not (REPOSITORY / name).is_file()] == []


def test_the_page_of_settings_is_current():
    script = runpy.run_path(str(REPOSITORY / "docs/make_settings.py"))
    assert script["TARGET"].read_text() == script["settings_page"](), (
        "Run python docs/make_settings.py."
    )
