"""Images as they are deployed: by digest. There is no registry here, so digests are made up."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sm_emulator.operations.registry import Members


def deployed_images(model: Mapping[str, Any], at: float) -> list[Members]:
    """Resolve the images of a model's containers at the time `at`, in seconds since 1970."""
    containers = [model.get("PrimaryContainer", {}), *model.get("Containers", ())]
    return [deployed_image(each["Image"], at) for each in containers if "Image" in each]


def deployed_image(image: str, at: float) -> Members:
    """Resolve one image: `registry/repository[:tag]` becomes `registry/repository@digest`.

    That is the form which the API documents. The digest is the SHA-256 of the image as it was
    specified, so the same image always resolves to the same.
    """
    return {"SpecifiedImage": image, "ResolvedImage": _resolve(image), "ResolutionTime": round(at, 3)}


def _resolve(image: str) -> str:
    if "@" in image:
        return image
    registry, slash, repository = image.rpartition("/")  # the registry may have a port
    digest = sha256(image.encode()).hexdigest()
    return f"{registry}{slash}{repository.partition(':')[0]}@sha256:{digest}"
