"""The connection to a homeserver: finding it, logging in, requests and how they fail."""
