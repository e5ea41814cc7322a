"""Recorded requests (exchanges), and the logical calls that they are attempts at."""
