"""What is said about tags wherever they are given."""

from __future__ import annotations

from collections.abc import Iterable

from sm_emulator.errors import validation
from sm_emulator.operations.registry import Members


def refuse_system_tags(request: Members) -> None:
    """Refuse keys of AWS's own prefix in `Tags`."""
    refuse_system_keys(tag["Key"] for tag in request.get("Tags", ()))


def refuse_system_keys(keys: Iterable[str]) -> None:
    """Refuse keys of AWS's own prefix; the text is DeleteTags' (aws/sagemaker-python-sdk#1301)."""
    for key in keys:
        if key.startswith("aws:"):
            raise validation(f"System prefix 'aws:' reserved for AWS usage in tag key: {key}")
