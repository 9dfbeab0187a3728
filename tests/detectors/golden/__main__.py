"""Play every golden incident again and write what comes out: ``python -m tests.detectors.golden``."""

from __future__ import annotations

from tests.detectors.golden import paths, play, read, write

for path in paths():
    incident, _ = read(path)
    write(path, incident, play(incident))
    print(f"wrote {path.name}")
