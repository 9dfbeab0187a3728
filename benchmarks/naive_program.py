"""The program a user would write first with the same packages: one reading a message, one detector a tag, defaults everywhere.

A Faust agent on JSON readings; per tag river's z-score and HalfSpaceTrees; the score to a topic, and to InfluxDB with the
client's own batching. `benchmarks.stream` runs it as a process of its own and says where: NAIVE_BROKER, NAIVE_PREFIX,
NAIVE_INFLUX.
"""

import os
import tempfile

import faust
from influxdb_client import InfluxDBClient, Point
from river import anomaly, stats

PREFIX = os.environ["NAIVE_PREFIX"]

app = faust.App(
    f"{PREFIX}naive",
    broker=f"kafka://{os.environ['NAIVE_BROKER']}",
    store="memory://",
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    datadir=tempfile.mkdtemp(prefix="naive-"),
)


class Reading(faust.Record):
    """One reading of one tag."""

    tag: str
    time: float
    value: float


readings = app.topic(f"{PREFIX}readings", value_type=Reading)
scores = app.topic(f"{PREFIX}scores", value_serializer="json")
detectors: dict[str, tuple[stats.EWMean, stats.EWVar, anomaly.HalfSpaceTrees]] = {}
write_api = InfluxDBClient(url=os.environ["NAIVE_INFLUX"], org="-").write_api()


@app.agent(readings, name="naive")
async def detect(stream):  # type: ignore[no-untyped-def]
    """Score, learn, send, store."""
    async for reading in stream:
        if reading.tag not in detectors:
            detectors[reading.tag] = (stats.EWMean(), stats.EWVar(), anomaly.HalfSpaceTrees(seed=7))
        mean, variance, trees = detectors[reading.tag]
        z = abs(reading.value - mean.get()) / (variance.get() ** 0.5 + 1e-9)
        score = max(z / 6.5, trees.score_one({"x": reading.value}))  # type: ignore[no-untyped-call]
        mean.update(reading.value)
        variance.update(reading.value)
        trees.learn_one({"x": reading.value})  # type: ignore[no-untyped-call]
        await scores.send(key=reading.tag, value={"tag": reading.tag, "time": reading.time, "score": score})
        point = Point("tag").tag("tag", reading.tag).field("value", reading.value).field("score", score)
        write_api.write(bucket=PREFIX.rstrip("."), record=point.time(int(reading.time * 1e9)))


if __name__ == "__main__":
    faust.Worker(app, loglevel="INFO", override_logging=False, redirect_stdouts=False).execute_from_commandline()
