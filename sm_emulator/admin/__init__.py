"""The admin API under `/_emulator/`. `ROUTES` is its only list: HTTP, OpenAPI and docs follow."""

from sm_emulator.admin.blueprint import blueprint
from sm_emulator.admin.routes import ROUTES

__all__ = ["ROUTES", "blueprint"]
