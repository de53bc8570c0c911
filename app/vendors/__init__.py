"""The device families. Each is one folder; none imports another."""
