"""Who answers what is not ours, by the setting `fallthrough`: moto, another emulator, or nobody."""

from __future__ import annotations

from threading import Lock

from sm_emulator.wire import Backend, Outcome, Request, identify


def backend(setting: str) -> Backend | None:
    """Find it by the setting: `moto`, `off`, or the URL of another emulator."""
    match setting:
        case "moto":
            return Moto()
        case "off":
            return None
        case url:
            from sm_emulator.passthrough.upstream import Upstream  # noqa: PLC0415  few want it

            return Upstream(url)


class Moto:
    """moto, loaded at the first request.

    There is one in a process, so emulators that run side by side share what it holds of an account.
    """

    origin = "moto"

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: set[str] = set()

    def __call__(self, request: Request) -> Outcome:
        """Answer a request; it may block. Raises NotImplementedError, ServiceError."""
        with self._lock:  # an import that another thread is at would show half a moto
            from sm_emulator.passthrough import moto  # noqa: PLC0415  heavy, and not needed by all

        account = identify(request.headers, request.query).account
        self._accounts.add(account)
        return moto.answer(request, account)

    def forget(self, account: str) -> None:
        """Let go what moto holds of an account, if it was asked for it here."""
        if account in self._accounts:
            from sm_emulator.passthrough import moto  # noqa: PLC0415  loaded already

            self._accounts.discard(account)
            moto.forget(account)
