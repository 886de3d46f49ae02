"""What arrives: the stream, and what was missed in it."""
