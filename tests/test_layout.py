"""The tree keeps its promises: package names are ours alone, files stay short, no machine and no registry is named."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES_MAX = 400
LOCKS = ("requirements.lock", "requirements-dev.lock")
# Two halves, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted",
    "repo1." + "maven",
    "repo." + "maven",
    "registry." + "npm",
    "proxy." + "golang",
    "static." + "crates",
    "deb." + "debian",
]
# A path that exists on one machine only; folders that every system or container has (/usr, /etc, /var) are not meant.
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|tmp|root|home|farm|opt|Users)/")

# This file, and those that name folders inside images.
NOT_OF_A_MACHINE = {Path("tests/test_layout.py"), Path("docker-compose.yml"), Path("Dockerfile")}


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def our_packages() -> list[str]:
    packages: list[str] = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return packages


@cache
def tracked() -> list[Path]:
    """Files under version control; skips when this is not a checkout (a source archive)."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a picture or a recording
    return found


@pytest.mark.parametrize("package", our_packages())
def test_no_other_distribution_ships_our_package(package: str) -> None:
    """Pip overwrites a package of the same name without a word, and `pip check` finds nothing wrong with it."""
    assert set(packages_distributions().get(package, [])) <= {"wanbiao"}


def test_package_is_imported_from_this_tree() -> None:
    import stations

    assert stations.__file__ is not None
    assert Path(stations.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("package", our_packages())
def test_package_is_typed(package: str) -> None:
    """Without the marker, mypy sees Any in everything another project imports from here."""
    assert (ROOT / package / "__init__.py").is_file()
    assert (ROOT / package / "py.typed").is_file()


def test_top_level_packages_are_listed_everywhere() -> None:
    tools = pyproject()["tool"]
    expected = set(our_packages())
    assert set(tools["check-wheel-contents"]["toplevel"]) == expected
    assert set(tools["importlinter"]["root_packages"]) == expected
    assert set(tools["mypy"]["packages"]) == expected | {"benchmarks", "tests"}


def test_no_file_names_a_package_registry() -> None:
    named = [(str(path), host) for path, text in texts() for host in REGISTRY_HOSTS if host in text]
    assert named == []


def test_no_file_names_a_path_of_one_machine() -> None:
    named = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        if path not in NOT_OF_A_MACHINE
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


def test_files_are_short_or_say_why() -> None:
    """One story a file: at 400 lines split it, or let the first comment say why not (``# Long because ...``)."""
    long = []
    for path, text in texts():
        lines = text.splitlines()
        comments = [line for line in lines[:20] if line.startswith("#")]
        if path.suffix == ".py" and len(lines) > LINES_MAX and not (comments and "long" in comments[0].lower()):
            long.append((str(path), len(lines)))
    assert long == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_every_requirement_with_its_hashes(lock: str) -> None:
    pinned = re.findall(r"^([a-z0-9.-]+)==\S+ \\\n    --hash=sha256:", (ROOT / lock).read_text(), re.MULTILINE)
    project = pyproject()["project"]
    wanted = list(project["dependencies"])
    if lock == "requirements-dev.lock":
        wanted += project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower() for requirement in wanted}
    assert names - set(pinned) == set()


def test_the_development_lock_pins_what_the_runtime_lock_pins() -> None:
    pins = [set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS]
    assert pins[0] <= pins[1]
