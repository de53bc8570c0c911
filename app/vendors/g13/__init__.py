"""ABB G13: the gateway of 2013 that puts up to 32 energy meters on an HTTPS API."""
