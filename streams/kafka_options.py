"""How every aiokafka client of a worker reaches the broker."""

from __future__ import annotations

import ssl
from typing import Any

from streams.config import WorkerConfig


def tls_context(config: WorkerConfig) -> ssl.SSLContext | None:
    """TLS with the CA of the configuration, host names checked; None without a CA file."""
    return ssl.create_default_context(cafile=config.ca_file) if config.ca_file else None


def aiokafka_options(config: WorkerConfig) -> dict[str, Any]:
    """Arguments for an aiokafka client."""
    options: dict[str, Any] = {"bootstrap_servers": config.bootstrap.split(",")}
    context = tls_context(config)
    if config.user:
        options |= {
            "security_protocol": "SASL_SSL" if context else "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": config.user,
            "sasl_plain_password": config.password,
        }
    elif context:
        options["security_protocol"] = "SSL"
    if context:
        options["ssl_context"] = context
    return options
