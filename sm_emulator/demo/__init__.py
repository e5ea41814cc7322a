"""The story of the stale read, told by a real boto3 client."""

from sm_emulator.demo.story import tell

__all__ = ["tell"]
