"""A demonstration of stale reads with a real boto3 client."""

from sm_emulator.demo.demo import run_demo

__all__ = ["run_demo"]
