"""Schedules: which reads are late, which requests fail and how, which operations fail, and a crash."""
