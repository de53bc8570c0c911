"""The tree of site, devices and meters."""
