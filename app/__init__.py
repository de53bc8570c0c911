"""The core of Wattwright: knows devices, knows no screen."""

__version__ = "0.3.0"
