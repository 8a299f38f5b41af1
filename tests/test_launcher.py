"""The launcher and the set-up, in a clone whose only requirement is a stand-in for Snakemake."""

import json
import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> tuple[Clone, list[subprocess.Popen], list[str]]:
    """A clone that two first calls at once have set up, those calls, and what each said."""
    made = Clone(tmp_path_factory.mktemp("launcher"))
    both = [
        subprocess.Popen(
            [made.root / "colorize", "--list"],
            env=made.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    return made, both, [process.communicate()[1] for process in both]


@pytest.fixture(scope="module")
def clone(fresh) -> Clone:
    return fresh[0]


@pytest.fixture
def archive(tmp_path) -> Path:
    folder = tmp_path / "my 'archive' $x"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("script", ["colorize", "check", ".ci/run", "workflow/setup.sh"])
def test_the_shell_reads_every_script(script):
    assert subprocess.run(["sh", "-n", REPOSITORY / script]).returncode == 0


def test_two_set_ups_at_once_do_the_work_once(fresh):
    _, both, said = fresh
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Setting up" in text for text in said) == 1


def test_an_environment_that_is_set_up_is_not_set_up_again(clone):
    assert "Setting up" not in clone.run("--list").stderr


def test_an_archive_is_handed_over_as_an_absolute_path(clone, archive):
    told = clone.told(archive.name, cwd=archive.parent)
    assert told["AUTOCHROME_ARCHIVE"] == str(archive)


def test_an_archive_whose_name_ends_in_a_newline_keeps_it(clone, tmp_path):
    (tmp_path / "odd\n").mkdir()
    assert clone.told("odd\n", cwd=tmp_path)["AUTOCHROME_ARCHIVE"] == f"{tmp_path}/odd\n"


def test_the_callers_folder_is_handed_over_and_kept(clone, archive, tmp_path):
    told = clone.told(str(archive), cwd=tmp_path)
    assert told["AUTOCHROME_CALLER"] == told["cwd"] == str(tmp_path)


def test_all_other_arguments_go_to_snakemake_unchanged(clone, archive):
    options = ["--cores", "8", "--config", "output=a b/c", "name=$x", "-n", "--", "target"]
    assert clone.told(str(archive), *options)["arguments"][-len(options) :] == options


def test_an_option_that_contains_a_slash_is_no_archive(clone):
    told = clone.told("--config=output=/some/where")
    assert told["AUTOCHROME_DEMO"] == "1"


def test_the_launcher_itself_never_passes_config(clone, archive):
    assert "--config" not in clone.told(str(archive))["arguments"]


def test_an_archive_of_ones_own_is_not_the_demo(clone, archive):
    assert "AUTOCHROME_DEMO" not in clone.told(str(archive), AUTOCHROME_DEMO="1")


def test_the_default_profile_is_the_clones_and_not_one_that_lies_about(clone, archive):
    named = f"--workflow-profile={clone.root}/profiles/default"
    assert named in clone.told(str(archive))["arguments"]


def test_a_profile_that_the_caller_names_is_the_only_one(clone, archive):
    arguments = clone.told(str(archive), "--workflow-profile", "slurm")["arguments"]
    assert [a for a in arguments if "profile" in a] == ["--workflow-profile"]


@pytest.mark.parametrize("form", ["--workflow-profile {}", "--workflow-profile={}"])
def test_the_projects_own_profiles_can_be_named_from_anywhere(clone, archive, form):
    profile = clone.root / "profiles/slurm"
    profile.mkdir(parents=True)
    named = form.format("profiles/slurm").split()
    arguments = clone.told(str(archive), *named, cwd=archive)["arguments"]
    shutil.rmtree(profile.parent)
    assert str(profile) in " ".join(arguments)


def test_the_exit_status_is_snakemakes(clone, archive):
    assert clone.run(str(archive), STATUS="7").returncode == 7


def test_it_works_through_a_symlink_from_another_folder(clone, archive, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/first").symlink_to(os.path.relpath(clone.root / "colorize", tmp_path / "bin"))
    (tmp_path / "colour").symlink_to("bin/first")
    told = clone.told(str(archive), cwd=tmp_path, command="./colour")
    assert f"{clone.root}/Snakefile" in told["arguments"]


def test_an_archive_that_does_not_exist_is_named(clone):
    done = clone.run("/no/such/folder")
    assert (done.returncode, "/no/such/folder" in done.stderr) == (2, True)


def test_of_a_file_in_place_of_an_archive_its_folder_is_asked_for(clone, archive):
    (archive / "a.jpg").touch()
    done = clone.run(str(archive / "a.jpg"))
    assert done.returncode == 2
    assert "a.jpg is a file. Name the folder that it lies in." in done.stderr


def test_a_caller_whose_folder_is_gone_is_told(clone, archive, tmp_path):
    (tmp_path / "gone").mkdir()
    call = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
    done = clone.run("-c", call, "sh", tmp_path / "gone", clone.root / "colorize", command="sh")
    assert (done.returncode, "The folder where you stand is gone." in done.stderr) == (2, True)


def test_the_demo_is_made_where_the_launcher_says(clone):
    done = clone.run()
    assert f"{clone.root}/demo/archive" in done.stderr
    assert (clone.root / "demo/archive").is_dir()


def test_the_calm_display_is_used(clone, archive):
    told = clone.told(str(archive))
    assert told["arguments"][:2] == ["--logger", "autochrome"]
    assert told["path"] == f"{clone.root}/workflow/plugins"


def test_the_calm_display_begins_without_the_line_about_the_profile(clone, archive):
    assert clone.run(str(archive)).stderr == ""


def test_verbose_is_snakemakes_own_display(clone, archive):
    done = clone.run(str(archive), "--verbose")
    assert "--logger" not in json.loads(done.stdout)["arguments"]
    assert "Using workflow specific profile" in done.stderr


@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_the_workflow_can_tell_that_it_is_the_main_command(clone, archive, options):
    assert clone.told(str(archive), *options)["program"] == "snakemake"


def test_a_clone_that_was_moved_still_works(clone, archive):
    there = clone.root.rename(clone.root.with_name("moved"))
    try:
        done = clone.run(str(archive), cwd=archive, command=there / "colorize")
    finally:
        there.rename(clone.root)
    assert (done.returncode, "Setting up" in done.stderr) == (0, False)


def test_nothing_is_written_into_the_clone_but_the_environment_and_the_demo(clone, archive):
    clone.told(str(archive))
    made = {path.name for path in clone.root.iterdir()} - {".venv", "demo"}
    sources = {"autochrome", "check", "colorize", "workflow"}
    assert made == sources | {"requirements.txt", "requirements-dev.txt"}
    assert not list((clone.root / "autochrome").glob("__pycache__"))


def test_the_callers_own_python_settings_do_not_get_in(clone, archive, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    told = clone.told(str(archive), cwd=tmp_path, PYTHONPATH=str(tmp_path), PYTHONHOME="/nowhere")
    assert told["path"] == f"{clone.root}/workflow/plugins"


def test_modules_are_compiled_once_whatever_the_caller_thinks_of_bytecode(clone, archive):
    told = clone.told(str(archive), PYTHONDONTWRITEBYTECODE="1")
    assert told["compiled"] == [True, f"{clone.root}/.venv/bytecode"]


def test_an_account_without_a_home_has_a_cache_in_the_environment(clone, archive):
    told = clone.told(str(archive), HOME="/no/home")
    assert told["cache"] == f"{clone.root}/.venv/cache"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_given_without_a_set_up(clone, option, tmp_path):
    done = clone.run(option, AUTOCHROME_VENV=str(tmp_path / "unmade"))
    assert (done.returncode, done.stdout[:6]) == (0, "Usage:")
    assert not (tmp_path / "unmade").exists()


def test_the_version_is_the_librarys(clone):
    assert clone.run("--version").stdout == "Autochrome 1.2.3\n"


def check(clone, **environment) -> subprocess.CompletedProcess:
    return clone.run(command=clone.root / "check", **environment)


def test_check_adds_the_tools_to_the_same_environment_once(clone):
    assert "Setting up" in check(clone).stderr
    assert "Setting up" not in check(clone).stderr + clone.run("--list").stderr


def test_check_ends_with_the_tests_and_passes_if_all_do(clone):
    done = check(clone)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "pytest")


@pytest.mark.parametrize("tool", ["ruff", "snakefmt", "pytest"])
def test_check_fails_if_one_tool_does_but_runs_all(clone, tool):
    done = check(clone, FAILING=tool)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "pytest")


def test_check_says_which_step_failed(clone):
    assert "Failed before the tests: snakefmt" in check(clone, FAILING="snakefmt").stderr


@pytest.fixture(scope="module")
def failed(clone) -> subprocess.CompletedProcess:
    """A set-up after a change of the requirements that pip does not bring to its end."""
    with open(clone.root / "requirements.txt", "a") as file:
        file.write("# changed\n")
    return clone.run("--list", PIP_FIND_LINKS="")


def test_a_changed_requirements_file_is_set_up_anew(failed):
    assert "Setting up" in failed.stderr


def test_a_failed_set_up_says_what_pip_said_and_where_the_log_is(failed):
    assert failed.returncode == 2
    assert "snakemake==0.1" in failed.stderr and "setup.log" in failed.stderr


def test_a_set_up_that_did_not_end_is_repaired(clone, failed):
    assert "Setting up" in clone.run("--list").stderr
    assert clone.told("--list")["arguments"][-1] == "--list"


def test_a_folder_with_other_things_is_not_made_into_the_environment(clone, tmp_path):
    (tmp_path / "precious").touch()
    done = clone.run("--list", AUTOCHROME_VENV=str(tmp_path))
    assert (done.returncode, (tmp_path / "precious").exists()) == (2, True)


def test_an_environment_that_cannot_be_written_to_is_named(clone, tmp_path):
    (tmp_path / ".autochrome.lock").mkdir()
    done = clone.run("--list", AUTOCHROME_VENV=str(tmp_path))
    assert (done.returncode, f"{tmp_path} cannot be written to" in done.stderr) == (2, True)


def python_that(folder: Path, code: str) -> dict[str, str]:
    """A PATH on which the only Python is a script of one line."""
    for tool in ("sh", "dirname", "pwd", "cmp", "ls", "sed"):
        (folder / tool).symlink_to(shutil.which(tool))
    script = folder / "python3"
    script.write_text(textwrap.dedent(code))
    script.chmod(0o755)
    return {"PATH": str(folder), "AUTOCHROME_VENV": str(folder / "venv")}


def test_a_machine_without_a_fitting_python_is_told_which_fit(clone, tmp_path):
    done = clone.run("--list", **python_that(tmp_path, "#!/bin/sh\nexit 1\n"))
    assert (done.returncode, "no Python from 3.11 to 3.14" in done.stderr) == (2, True)


def test_a_python_without_venv_is_told_the_remedy(clone, tmp_path):
    code = '#!/bin/sh\ncase "$*" in *venv*) exit 1 ;; esac\n'
    done = clone.run("--list", **python_that(tmp_path, code))
    assert (done.returncode, "python3-venv" in done.stderr) == (2, True)
