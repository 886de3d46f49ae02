"""Matrix: one account on a homeserver, in plain and in encrypted rooms."""

from adapters.matrix.adapter import MatrixAdapter

__all__ = ["MatrixAdapter"]
