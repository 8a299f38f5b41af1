"""The documents: their commands are ones that the programs take, their links lead somewhere, and
what is made by a script is current."""

import copy
import os
import re
import runpy
import shlex
import subprocess
import sys

import pytest
import yaml
from PIL import Image
from skimage import data
from snakemake.cli import get_argument_parser

from autochrome import explain, verify
from autochrome.config import check_config
from tests.conftest import REPOSITORY
from tests.media import write_film

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


# What these tell a newcomer to do is done, in their order, on a small archive.
RUN = ("README.md", "docs/tutorial.md")
NOT_RUN = {
    "./colorize": "the demo: tests/test_launcher.py, tests/test_demo.py and tests/workflow make it",
    "./colorize ARCHIVE --config model=zhang2016-v2": "the weights are fetched from the network",
}
# Every one of these plans its run in full; that settings do what they say has tests of its own.
DONE_IN_FULL = {
    "./colorize /path/to/archive",
    "./colorize ~/Pictures/Box --config output=~/Pictures/Box-in-colour",
}
LIMIT_SECONDS = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the two archives that the documents name, one of them with a film."""
    home = tmp_path_factory.mktemp("home")
    for archive in ("path/to/archive", "Pictures/Box"):
        photograph = home / archive / "1931/aunt-vera.jpg"
        photograph.parent.mkdir(parents=True)
        Image.fromarray(data.chelsea()[:120, :160]).convert("L").save(photograph)
    write_film(home / "Pictures/Box/film.mp4", seconds=0.5)
    return home


def run_as_told(command, home):
    """The command, as the launcher hands it on; whole paths are below ``home``."""
    in_full = command in DONE_IN_FULL
    command = command.replace(" ARCHIVE", " /path/to/archive")
    _, *words = shlex.split(re.sub(r"(?<=[ =])/(?=path|big)", f"{home}/", command))
    caller = home / ("tutorial" if "~" in command else "readme")
    caller.mkdir(exist_ok=True)
    words = [re.sub(r"^~", str(home), word) for word in words]
    # As in a shell that leaves the ~ behind a = alone.
    environment = os.environ | {"HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    if words[0] in ("verify", "explain"):
        call = [sys.executable, "-m", f"autochrome.{words[0]}", *words[1:]]
    else:
        environment |= {"AUTOCHROME_ARCHIVE": words[0], "AUTOCHROME_CALLER": str(caller)}
        call = [sys.executable, str(REPOSITORY / "workflow/snakemake_command.py")]
        call += ["--snakefile", str(REPOSITORY / "Snakefile")]
        call += [f"--workflow-profile={REPOSITORY / 'profiles/default'}", *words[1:]]
        call += [] if in_full else ["-n"]
    return subprocess.run(
        call, cwd=caller, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )


def told():
    """(page, command) of what is run, each command once."""
    found = [case.values[0] for case in commands() if case.id.split(":")[0] in RUN]
    return [command for command in dict.fromkeys(found) if command not in NOT_RUN]


@pytest.mark.parametrize("command", told())
def test_what_a_newcomer_is_told_to_do_works(command, home):
    ran = run_as_told(command, home)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_they_did_is_where_they_were_told(home):
    """Comes last: the commands above have filled the home."""
    assert not list(home.glob("*/~"))
    for results in ("readme/results", "Pictures/Box-in-colour"):
        assert (home / results / "report/index.html").is_file()
        assert (home / results / "photos/1931/aunt-vera.jpg").is_file()
    assert (home / "tutorial/aunt-vera-explained.png").is_file()


def test_what_is_not_run_is_there():
    assert NOT_RUN.keys() | DONE_IN_FULL <= {case.values[0] for case in commands()}
