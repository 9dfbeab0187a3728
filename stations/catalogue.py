"""The catalogue: TOML in, ``plant.Fleet`` out, or one line per problem; ``catalogue/README.md`` has the schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stations.build import StationSpec, build
from stations.describe import TagRow, describe, to_dict
from stations.plant import Fleet, Station, Text
from stations.schema import Problem, read, read_toml
from stations.template import SHIPPED, Templates

__all__ = [
    "CatalogueError",
    "Problem",
    "TagRow",
    "check_files",
    "describe",
    "load_fleet",
    "load_station",
    "to_dict",
]


class CatalogueError(ValueError):
    """A catalogue that cannot be used; ``problems`` holds all of them, ``str()`` one line each."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_fleet(folder: Path | None = None) -> Fleet:
    """All stations of a folder, by their ``order`` key; None = the shipped catalogue.

    Raises
    ------
    CatalogueError : with all problems of all files.

    Examples
    --------
    >>> fleet = load_fleet()
    >>> len(fleet.stations), fleet.n_units, next(iter(fleet.stations))
    (13, 379, 'YXK')
    """
    folder = SHIPPED if folder is None else folder
    paths = sorted(folder.glob("*.toml"))
    problems: list[Problem] = []
    if not paths:
        problems.append(Problem(str(folder), "folder", "no station file", "at least one *.toml"))
    loaded = [(path, *_load(path, problems)) for path in paths]
    problems += _same_code_twice((path, station) for path, station, _ in loaded)
    if problems:
        raise CatalogueError(_each_once(problems))
    stations = sorted((order, station.code, station) for _, station, order in loaded if station is not None)
    return Fleet({code: station for _, code, station in stations})


def load_station(path: Path) -> Station:
    """One station from its file; the template is looked up in ``templates/`` beside it, then among the shipped ones.

    Raises
    ------
    CatalogueError : with all problems of the file and its templates.

    Examples
    --------
    >>> load_station(SHIPPED / "yxk.toml").blocks[0].units
    ('1', '2', '3', '4')
    """
    problems: list[Problem] = []
    station, _ = _load(path, problems)
    if problems or station is None:
        raise CatalogueError(_each_once(problems))
    return station


def check_files(paths: Iterable[Path]) -> list[Problem]:
    """All problems of station files, template files and folders of them; the empty list = all is well.

    Examples
    --------
    >>> check_files([SHIPPED])
    []
    """
    files: list[Path] = []
    for path in paths:
        files += sorted([*path.glob("*.toml"), *path.glob("templates/*.toml")]) if path.is_dir() else [path]
    problems: list[Problem] = []
    loaded = []
    for path in files:
        if path.parent.name == "templates":
            _check_template(path, problems)
        else:
            loaded.append((path, _load(path, problems)[0]))
    problems += _same_code_twice(loaded)
    return _each_once(problems)


def _load(path: Path, problems: list[Problem]) -> tuple[Station | None, int]:
    """The station of a file and its place in the fleet; what is wrong goes to ``problems``."""
    raw = read_toml(path, problems)
    spec = None if raw is None else read(StationSpec, raw, path.name, problems)
    if spec is None:
        return None, 0
    templates = Templates((path.parent / "templates", SHIPPED / "templates"), problems)
    if isinstance(spec.template, str):
        template = templates.find(spec.template, path.name, "template")
    else:
        template = templates.merge(spec.template, path.name, "template.")
    return (None if template is None else build(spec, template, path.name, problems)), spec.order


def _check_template(path: Path, problems: list[Problem]) -> None:
    """A template on its own, as if each parameter it scales by were 1."""
    template = Templates((path.parent, SHIPPED / "templates"), problems).load(path)
    if template is None or not template.tags:  # a parent may hold tags only, a child models only: judged where complete
        return
    parameters = dict.fromkeys(template.scales, 1.0)
    spec = StationSpec("TEMPLATE", Text("模板", "template"), path.stem, 1, parameters=parameters)
    build(spec, template, path.name, problems)


def _same_code_twice(loaded: Iterable[tuple[Path, Station | None]]) -> list[Problem]:
    first: dict[str, str] = {}
    problems = []
    for path, station in loaded:
        if station is not None and first.setdefault(station.code, path.name) != path.name:
            expected = f"a code that {first[station.code]} does not use"
            problems.append(Problem(path.name, "code", f'"{station.code}"', expected))
    return problems


def _each_once(problems: list[Problem]) -> list[Problem]:
    """Stations that share a template share its problems: one line is enough."""
    return list(dict.fromkeys(problems))
