"""A real Apache Kafka and a real InfluxDB for the integration tests, without containers.

``python -m tests.services`` runs the pair by hand and prints their addresses; the tests start their own otherwise.
"""
