"""A real one-node Apache Kafka (KRaft), its jars fetched once with Maven."""

from __future__ import annotations

import base64
import contextlib
import uuid
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.services.cache import cached, need, run
from tests.services.process import Server, free_port, listens

VERSION = "4.3.1"
FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>wanbiao</groupId><artifactId>test-kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
"""
# A short-lived server: compile quickly, one collector thread, a small heap.
JAVA_OPTIONS = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
]
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker is let in again only when its old session has expired: wait 4 s instead of 9 in every such test.
    "broker.heartbeat.interval.ms": "1000",
    "broker.session.timeout.ms": "4000",
    # As in production: a topic that nobody created is an error, not a surprise.
    "auto.create.topics.enable": "false",
    # Fewer internal partitions only save start time.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
}


class KafkaBroker(Server):
    """One broker on the loopback interface; its address and data stay the same over `restart`."""

    name = "kafka"

    def __init__(self, given: str | None = None) -> None:
        super().__init__(given)
        self.bootstrap = given or f"127.0.0.1:{free_port()}"

    def _command(self) -> list[str]:
        java = need("java", for_=f"the test Kafka {VERSION}")
        jars = cached(f"kafka-{VERSION}", _fetch) / "libs"
        program = [java, *JAVA_OPTIONS, "-cp", f"{jars}/*"]
        config = self.folder / "server.properties"
        if not config.exists():
            self._format(program, config)
        return [*program, "kafka.Kafka", str(config)]

    def _format(self, program: list[str], config: Path) -> None:
        controller = f"127.0.0.1:{free_port()}"
        settings = SETTINGS | {
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": str(self.folder / "data"),
        }
        config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        # One that began with a dash, as one in sixty-four does, would be taken for an option.
        cluster = "w" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        command = [*program, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config)]
        run(command, cwd=self.folder, doing="formatting the test Kafka's storage")

    def _answers(self) -> bool:
        """Ask for a group's offsets: the group coordinator is what becomes ready last on a fresh broker."""
        if not listens(self.bootstrap):
            return False  # the client would leak a socket for every connection that is refused
        with contextlib.suppress(KafkaError):
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=1000)
            try:
                admin.list_group_offsets({"wanbiao-ready": None})
            finally:
                admin.close()
            return True
        return False


def _fetch(folder: Path) -> None:
    maven = need("mvn", for_=f"fetching the test Kafka {VERSION}")
    (folder / "pom.xml").write_text(POM)
    command = [
        maven,
        "-q",
        "-B",
        "-C",
        "-Dstyle.color=never",
        FETCH,
        "-DoutputDirectory=libs",
        "-DincludeScope=runtime",
    ]
    run(command, cwd=folder, doing=f"fetching Kafka {VERSION} with Maven")
