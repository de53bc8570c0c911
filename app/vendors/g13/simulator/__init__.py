"""A simulated G13 gateway with its meters: strict, slow and forgetful where the real one is.

`device.py` is its HTTPS side, `gateway.py` and `meter.py` its state, `site.py` the demo's site. What the manual leaves
open and we had to decide stands in the module that does it.
"""

from app.vendors.g13.simulator.certificate import SelfSigned
from app.vendors.g13.simulator.device import G13Simulator
from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.site import demo_gateway
from app.vendors.g13.simulator.users import Role

__all__ = ["G13Simulator", "Gateway", "Role", "SelfSigned", "SimulatedMeter", "demo_gateway"]
