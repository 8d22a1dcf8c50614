"""Gradient-descent experiments: the numeric core, without a terminal library."""

__version__ = "0.1.0"
