"""A simulated smart-MAC meter, for demo, tests and training."""

from app.vendors.smartmac.simulator.device import Form, SmartMacSimulator

__all__ = ["Form", "SmartMacSimulator"]
