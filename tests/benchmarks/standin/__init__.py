"""A stand-in for both networks that answers at once: enough of them for the clients, and nothing more."""
