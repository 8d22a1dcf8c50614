"""Data sets and where they come from: tables, arrays, images, samples, toys; splitting and scaling."""
