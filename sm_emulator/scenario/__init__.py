"""Scenarios: the isolated state of one account, and how it is built from the settings."""
