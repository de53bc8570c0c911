"""Measures the program as ratios against baselines taken in the same run: `python -m tests.bench`."""
