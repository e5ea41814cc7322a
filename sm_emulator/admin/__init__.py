"""The admin API under `/_emulator/`. `ROUTES` is its only list: HTTP, OpenAPI and docs follow."""
