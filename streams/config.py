"""What a worker must know to run; the composition root fills it from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.tuning import Tuning
from stations.plant import Fleet

LIVE, RECORDED = "live", "recorded"


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """One worker of the pipeline.

    Attributes
    ----------
    prefix : start of every topic name; live and replay differ in it.
    worker_id : name of this process in its group; a restart under the same name takes over at once.
    clock : ``live`` = an event time must lie near the time its record was written; ``recorded`` = any event time is right.
    max_age_s, max_future_s : how near [s].
    max_action_age_s : how near for what people do [s]; what comes again later than that is an old message, not a new act.
    checkpoint_s : time between two barriers [s].
    alive_file : touched after each barrier; empty = none.
    """

    fleet: Fleet
    tuning: Tuning
    bootstrap: str
    prefix: str
    partitions: int
    worker_id: str
    influx_url: str
    influx_org: str
    influx_bucket: str
    clock: str = LIVE
    max_age_s: float = 30 * 86400.0
    max_future_s: float = 300.0
    max_action_age_s: float = 3600.0
    checkpoint_s: float = 5.0
    alive_file: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    influx_token: str = field(default="", repr=False)

    def topic(self, name: str) -> str:
        """Full name of a topic of this pipeline, e.g. ``wanbiao.telemetry``."""
        return f"{self.prefix}{name}"

    @property
    def group(self) -> str:
        """Consumer group, application id and start of every transactional id."""
        return f"{self.prefix}worker"
