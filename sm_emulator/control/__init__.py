"""The verbs of an emulator and its scenarios, behind the admin API and the Python API."""
