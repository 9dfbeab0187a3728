"""Simulated telemetry of the stations: physics, weather, noise and faults, reproducible to the byte."""

from stations.simulate.simulator import TECHNOLOGIES, Chunk, simulate, simulate_chunks

__all__ = ["TECHNOLOGIES", "Chunk", "simulate", "simulate_chunks"]
