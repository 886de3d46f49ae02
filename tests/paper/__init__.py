"""A network of paper: a third party's adapter, whole and small, on which conversations are tried without any server."""

from tests.paper.adapter import PaperAdapter
from tests.paper.network import Paper, Shown

__all__ = ["Paper", "PaperAdapter", "Shown"]
