"""Simulated telemetry of the stations: physics, weather, noise and faults, reproducible to the byte.

========================  =====================================================================================
the loop                  ``simulator`` (stations in, scans out), ``run`` (streams and filters), ``signals``
what happens              ``conditions`` (events to physics), ``labels`` (what became of them)
sensors and gateways      ``sensors``, ``delivery``
shared by all             ``season``, ``weather``, ``water``, ``sunlight``, ``grid``, ``plans`` (drawn by date), ``machines``
hydro                     ``hydro``, ``vertical_set``; pumped storage: ``pumped_storage``, ``pump_plan``
coal and CHP              ``coal``, ``boiler``, ``mills``, ``auxiliaries``, ``cold_end``, ``turbogenerator``, ``steam_turbine``
combined cycle            ``ccgt``, ``gas_turbine``, and ``steam_turbine``
wind                      ``wind``, ``wind_orders``, ``drive_train``
PV                        ``pv``
========================  =====================================================================================
"""

from stations.simulate.simulator import TECHNOLOGIES, Chunk, Simulation, simulate, simulate_chunks

__all__ = ["TECHNOLOGIES", "Chunk", "Simulation", "simulate", "simulate_chunks"]
