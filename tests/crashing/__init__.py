"""Dying at named instants: before and after each commit, by what it writes, and each call to the outside."""
