"""Backends for requests that are not SageMaker hosting's: moto in this process, or another server."""
