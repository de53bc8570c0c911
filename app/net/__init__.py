"""How bytes reach a device. The only place that knows HTTP and TLS."""
