"""The admin API under `/_emulator/`: its routes, its answers and its OpenAPI description."""
