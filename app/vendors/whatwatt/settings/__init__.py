"""What can be set on the device, topic by topic (manual chapters 4 and 5). Imports nothing: see the files beside."""
