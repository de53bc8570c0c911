"""What happens at the simulated site: one day of sun, loads, battery and grid that every simulator of it is fed from.

Only simulators and their host know this: to the rest of the program a simulated site is a site.
"""
