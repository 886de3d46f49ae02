"""Encryption: which device we are, whom others may take us for, and who is to be given keys."""
