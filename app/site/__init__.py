"""The site file: devices, drafts and the journal of one installation; and where the program keeps its own files."""
