"""Simulated INGECON SUN inverters and EMSs, for demo, tests and training."""

from app.vendors.ingecon.simulator.device import IngeconSimulator, Kind, Spoiled

__all__ = ["IngeconSimulator", "Kind", "Spoiled"]
