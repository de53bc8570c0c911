"""Live plots over ring buffers. Loaded when the first plot is shown."""
