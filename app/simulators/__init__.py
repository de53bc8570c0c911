"""Runs the vendors' simulators on real sockets: for the demo, the tests, the benchmarks and for training."""
