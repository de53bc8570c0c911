"""A simulated whatwatt Go, for demo, tests and training."""

from app.vendors.whatwatt.simulator.device import Spoiled, WhatwattSimulator
from app.vendors.whatwatt.simulator.pages import Style

__all__ = ["Spoiled", "Style", "WhatwattSimulator"]
