"""A simulated whatwatt Go, for demo, tests and training."""

from app.vendors.whatwatt.simulator.device import Spoiled, WhatwattSimulator, firmware_image
from app.vendors.whatwatt.simulator.pages import Style

__all__ = ["Spoiled", "Style", "WhatwattSimulator", "firmware_image"]
