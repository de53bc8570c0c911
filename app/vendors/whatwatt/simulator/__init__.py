"""A simulated whatwatt Go, for demo, tests and training."""

from app.vendors.whatwatt.simulator.device import WhatwattSimulator
from app.vendors.whatwatt.simulator.firmware import firmware_image
from app.vendors.whatwatt.simulator.pages import Style
from app.vendors.whatwatt.simulator.spoiling import Spoiled

__all__ = ["Spoiled", "Style", "WhatwattSimulator", "firmware_image"]
