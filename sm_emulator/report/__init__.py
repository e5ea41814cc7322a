"""The retry report: how a client handled failures and stale reads, and where that was wrong."""
