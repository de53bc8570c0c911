"""whatwatt Go: reads a smart meter's customer interface and offers it over HTTP, MQTT and an event stream."""
