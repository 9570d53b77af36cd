"""Measurements, never tests: every figure is a ratio to a neighbour in the same run."""
