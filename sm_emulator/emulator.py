"""The composition root: everything is built here, and real time and chance are named only here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, wraps
from importlib.metadata import version
from inspect import iscoroutinefunction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from sm_emulator.auth import credentials_of, skip_verification, verifier
from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Override, Settings
from sm_emulator.control import Control, Scenario
from sm_emulator.control.tables import operation_rows, preset_rows, setting_rows
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.operations import catch_up
from sm_emulator.passthrough import MotoBackend, backend
from sm_emulator.scenario.build import scenario_config
from sm_emulator.scenario.scenario import Scenarios
from sm_emulator.server import Dispatcher, Limits, Listener, OriginPolicy, WsgiAdapter
from sm_emulator.wire import DEFAULT_ACCOUNT

_R = TypeVar("_R")


class Emulator:
    """A SageMaker hosting emulator in this process, served on a free loopback port.

    Args:
        preset: name of a preset, of consistency or of faults or of both; default "strong": nothing is
            ever stale, and nothing goes wrong.
        seed: root of every random draw, default 0.
        clock: "real" (default) or "virtual": time moves only by `scenario().clock.advance`.
        time_scale: how many times as fast as the wall clock a real clock runs, default 1.
        config: a configuration file (TOML, YAML or JSON).
        settings: further settings by key, as `{"lifecycle.creating_seconds": 5}`.

    Raises:
        ConfigurationError: a value makes no sense; the message says which and what is allowed.

    Several emulators live side by side. The environment is not read.
    """

    def __init__(
        self,
        *,
        preset: str | None = None,
        seed: int | None = None,
        clock: Literal["real", "virtual"] | None = None,
        time_scale: float | None = None,
        config: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        given = settings_module.from_file(Path(config)) if config else []
        # a free port, so that several live side by side, unless a setting below names one
        given += [Override("server.port", 0, "Emulator")]
        given += settings_module.from_arguments(
            settings, preset=preset, seed=seed, clock=clock, time_scale=time_scale
        )
        self._assemble(settings_module.load(given))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build an emulator of settings that were loaded already, as the command line does."""
        emulator = cls.__new__(cls)
        emulator._assemble(settings)  # noqa: SLF001  its own class
        return emulator

    def _assemble(self, settings: Settings) -> None:
        self.settings = settings
        self._backend = backend(settings["fallthrough"])
        self._scenarios = Scenarios(scenario_config(settings, catch_up, self._forget))
        auth = settings["auth"]
        self.gateway = Gateway(
            self._scenarios,
            request_ids=_request_id,
            wall=time.time,
            backend=self._backend,
            verify=verifier(credentials_of(auth["credentials"]))
            if auth["verify"]
            else skip_verification,
            debug_headers=settings["server.debug_headers"],
        )
        self._listener: Listener | None = None

    @cached_property
    def control(self) -> Control:
        """The verbs behind the admin API."""
        return Control(
            scenarios=self._scenarios,
            url=lambda: self.url,
            version=version("sm-emulator"),
            seed=self.settings["seed"],
            settings=setting_rows(self.settings),
            operations=operation_rows(),
            presets=preset_rows(),
        )

    def listener(self) -> Listener:
        """Bind the address of the settings. Raises OSError where that fails."""
        server = self.settings["server"]
        front = Dispatcher(OriginPolicy(server["allowed_hosts"]), self.gateway, self._application)
        limits = Limits(server["max_body"], server["max_connections"])
        return Listener(front, server["host"], server["port"], limits)

    def _application(self) -> WsgiAdapter:
        from sm_emulator.server.app import create_app  # noqa: PLC0415  start-up must not wait for Flask

        server = self.settings["server"]
        app = create_app(self.gateway, self.control, server["allowed_hosts"])
        return WsgiAdapter(app, (server["host"], server["port"]))

    def start(self) -> Self:
        """Serve, in a thread of its own."""
        self._listener = self.listener()
        self._listener.start()
        return self

    def stop(self) -> None:
        """End serving; every connection is closed and the thread has ended."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        for entry in self._scenarios:
            self._forget(entry.state.account)

    def _forget(self, account: str) -> None:
        if isinstance(self._backend, MotoBackend):
            self._backend.discard(account)

    def __call__(self, function: Callable[..., _R]) -> Callable[..., _R]:
        """Decorate a function, coroutine or test method: it gets an emulator as last argument.

        Each call is served, until it ends, by a new one of these settings, as `unittest.mock.patch`
        makes a new mock.
        """
        emulated: Callable[..., Any]
        if iscoroutinefunction(function):

            @wraps(function)
            async def emulated(*args: Any, **kwargs: Any) -> Any:
                with type(self).of(self.settings) as emulator:
                    return await function(*args, emulator, **kwargs)

        else:

            @wraps(function)
            def emulated(*args: Any, **kwargs: Any) -> Any:
                with type(self).of(self.settings) as emulator:
                    return function(*args, emulator, **kwargs)

        # pytest must not take the emulator for a fixture
        vars(emulated).pop("__wrapped__")
        return emulated

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None and self.gateway.bugs:
            raise self.gateway.bugs[0]

    @property
    def url(self) -> str:
        """Where it serves: the endpoint URL for clients. Raises RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("the emulator does not serve: use it in a with statement, or start it")
        return self._listener.url

    def scenario(self, account: str = DEFAULT_ACCOUNT) -> Scenario:
        """Get the isolated world of an account, by its 12 digits."""
        return self.control.pin(account)

    def new_scenario(
        self,
        account: str,
        *,
        preset: str | None = None,
        seed: int | None = None,
        clock: Literal["real", "virtual"] | None = None,
        faults: str | Sequence[Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Scenario:
        """Begin an account's scenario anew, with settings of its own laid on the emulator's.

        The arguments are those of the emulator itself, and `faults`, a preset or rules as in the
        configuration file; a reset returns to them. Settings of the server act on all scenarios alike,
        and change nothing here. Raises ConfigurationError.
        """
        laid = {} if faults is None else {"faults": faults}
        own = settings_module.from_arguments(
            {**laid, **(settings or {})}, preset=preset, seed=seed, clock=clock
        )
        return self.control.pin(
            account, scenario_config(self.settings.with_(own), catch_up, self._forget)
        )

    def forget(self, account: str) -> None:
        """Drop an account's scenario with all that it holds, what moto holds for it included."""
        self._scenarios.discard(account)

    def client(self, service: str, *, account: str = DEFAULT_ACCOUNT, **options: Any) -> Any:
        """Make a boto3 client bound to this emulator; `options` go to `boto3.client`.

        Its access key is `account`, so its requests meet that account's scenario. The region is
        us-east-1 unless `options` names one by `region_name`.
        """
        return self.scenario(account).client(service, **options)

    def environment(self, *, account: str = DEFAULT_ACCOUNT) -> dict[str, str]:
        """Give the environment variables by which programs of another process reach this emulator."""
        return self.scenario(account).environment()


def _request_id() -> str:
    """Draw a UUID of version 4, as text: uuid.uuid4 takes thrice the time, some 3 µs of each request."""
    drawn = bytearray(os.urandom(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    told = drawn.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
