"""Backends for the requests of other services: moto in this process, or another server."""
