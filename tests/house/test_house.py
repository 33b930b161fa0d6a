"""The house stays in order: what may stand where, what may import what, what no file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOMS = ("survey", "instruments", "printable", "translations")
TOP_LEVEL = {
    *ROOMS,
    "tests",
    "benchmarks",
    "pyproject.toml",
    "requirements.lock",
    "README.md",
    "Makefile",
    "LICENSE",
    "LICENSES.md",
}
NO_ROOM_IS_CALLED = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
LONGEST_MODULE = 400

# Where packages come from and where a checkout stands is the business of each machine, not of a file.
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|\bdeb\.debian\.org|security\.debian\.org"
    r"|proxy\.golang\.org|crates\.io|rubygems\.org|repo\.maven"
)
PLACES = re.compile(r"(?<![\w.])/(work|root|opt|srv|mnt)/[a-z]")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository that is here, relative to the house."""
    if not (HOUSE / ".git").exists():
        pytest.skip("not a git checkout, so there is no telling our files from yours")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, text=True, check=True
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (HOUSE / name).is_file())


def modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def words(path: Path) -> str:
    """The text of a file, empty for a picture or another thing that is not text."""
    try:
        return (HOUSE / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def program(name: str) -> str:
    """The path of a tool installed beside the Python that runs the tests."""
    return str(Path(sys.executable).parent / name)


def test_imports_go_one_way() -> None:
    linted = subprocess.run(
        [program("lint-imports"), "--no-cache"], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_top_level_holds_exactly_what_it_should() -> None:
    there = {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")}
    assert there == TOP_LEVEL


def test_no_file_names_a_package_registry() -> None:
    naming = {str(path): found[0] for path in tracked() if (found := REGISTRIES.search(words(path)))}
    assert not naming


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    naming = {str(path): found[0] for path in tracked() if (found := PLACES.search(words(path)))}
    assert not naming
    here = str(HOUSE)
    assert [str(path) for path in tracked() if len(HOUSE.parts) > 2 and here in words(path)] == []


def test_no_module_is_too_long_to_read_at_one_sitting() -> None:
    lengths = {str(path): len(words(path).splitlines()) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_MODULE} == {}


def test_no_room_has_a_name_that_says_nothing() -> None:
    vague = [
        str(path)
        for path in tracked()
        for part in path.parts
        if NO_ROOM_IS_CALLED & set(re.split(r"[^a-z]+", part.lower()))
    ]
    assert vague == []


def test_every_package_has_a_door_that_says_what_it_is_for() -> None:
    inits = [path for path in modules() if path.name == "__init__.py" and path.parts[0] in ROOMS]
    assert {path.parts[0] for path in inits if len(path.parts) == 2} == set(ROOMS)
    mute = [str(path) for path in inits if len(ast.get_docstring(ast.parse(words(path))) or "") < 30]
    assert mute == []


def test_every_folder_with_modules_in_a_room_is_a_package() -> None:
    inside = {path.parent for path in modules() if path.parts[0] in ROOMS}
    # A version's own scoring and a migration are loaded as files, by what owns their folder.
    loaded_as_files = {
        folder
        for folder in inside
        if "catalogue" in folder.parts or folder.parts[-2:] == ("migrations", "versions")
    }
    bare = [
        str(folder) for folder in inside - loaded_as_files if not (HOUSE / folder / "__init__.py").is_file()
    ]
    assert bare == []


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=HOUSE,
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.endswith("/")}
    ours = {path.as_posix() for path in tracked() if path.parts[0] in ROOMS}
    assert ours - packed == set()
    assert {name.split("/")[0] for name in packed if ".dist-info/" not in name} <= set(ROOMS)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in packed)


def test_every_benchmark_that_has_aims_is_run_as_a_module_and_says_how() -> None:
    runnable = [path for path in modules() if path.parts[0] == "benchmarks" and "__main__" in words(path)]
    rooms = {path.stem for path in runnable if '"--check"' in words(path)}
    assert rooms >= {"durability", "layers", "load", "markers", "packs", "scan", "tail", "weight"}
    for path in runnable:
        name = "benchmarks" if path.stem == "__main__" else f"benchmarks.{path.stem}"
        assert f"python -m {name}" in (ast.get_docstring(ast.parse(words(path))) or "")
    told = subprocess.run(["make", "-n", "bench"], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert "-m" in told.stdout


def test_the_lock_pins_all_that_the_project_asks_for_with_checksums() -> None:
    lock = words(Path("requirements.lock"))
    pinned = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==\S+.*\\$\n +--hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE
    )
    entries = re.findall(r"^[\w.-]+", lock, re.MULTILINE)
    assert len(pinned) == len(entries) > 0
    asked = tomllib.loads(words(Path("pyproject.toml")))
    wanted = [*asked["project"]["dependencies"], *asked["dependency-groups"]["dev"]]
    names = {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names - {name.lower() for name in pinned} == set()
