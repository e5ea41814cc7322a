"""The composition root: it builds everything, and hands in real time and randomness."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, wraps
from importlib.metadata import version
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from sm_emulator.auth.verifier import credentials_of, skip_verification, verifier
from sm_emulator.clock import real_time
from sm_emulator.config import settings as settings_module
from sm_emulator.config.settings import Override, Settings
from sm_emulator.control.control import Control
from sm_emulator.control.scenario import Scenario
from sm_emulator.control.tables import setting_rows
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.journal.log import request_log
from sm_emulator.operations.state import catch_up
from sm_emulator.passthrough.backends import MotoBackend, backend
from sm_emulator.scenario.build import scenario_config
from sm_emulator.scenario.scenarios import Scenarios
from sm_emulator.server.connection import Limits
from sm_emulator.server.dispatcher import Dispatcher, OriginPolicy
from sm_emulator.server.listener import Listener
from sm_emulator.values import seconds
from sm_emulator.wire.call import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_R = TypeVar("_R")


def _to_stderr(line: str) -> None:
    sys.stderr.write(line)


class Emulator:
    """A SageMaker hosting emulator in this process, served on a free loopback port.

    Args:
        preset: name of a preset of consistency, faults or both; default "strong": no stale reads and
            no faults.
        seed: random seed, default 0.
        clock: "real" (default) or "virtual": only `scenario().clock.advance` moves it.
        time_scale: speed of a real clock, as a multiple of wall time, default 1.
        reproducible: True for equal runs: by default a virtual clock, on which each request takes 25 ms.
        config: a configuration file (TOML, YAML or JSON).
        settings: further settings by key, as `{"lifecycle.creating_seconds": 5}`.
        environment: read `SM_EMULATOR_*` of it, as of os.environ; all other arguments but `config`
            override it. By default, no environment is read.

    Raises:
        ConfigurationError: a value is invalid; the message names it and what is allowed.

    A process may have several emulators.
    """

    def __init__(
        self,
        *,
        preset: str | None = None,
        seed: int | None = None,
        clock: Literal["real", "virtual"] | None = None,
        time_scale: float | None = None,
        reproducible: bool | None = None,
        config: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        given = settings_module.from_file(Path(config)) if config else []
        # a free port, unless a setting below names one
        given += [Override("server.port", 0, "Emulator")]
        given += settings_module.from_environment(environment or {})
        given += settings_module.from_arguments(
            settings,
            preset=preset,
            seed=seed,
            clock=clock,
            time_scale=time_scale,
            reproducible=reproducible,
        )
        self._assemble(settings_module.load(given))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return an emulator with settings that are already loaded, as the command line does."""
        emulator = cls.__new__(cls)
        emulator._assemble(settings)  # noqa: SLF001  its own class
        return emulator

    def _assemble(self, settings: Settings) -> None:
        self.settings = settings
        self._backend = backend(settings["fallthrough"], settings["backend"])
        limits = settings["scenarios"]
        self._scenarios = Scenarios(
            scenario_config(settings, catch_up, self._discard), limits["limit"], limits["max_bytes"]
        )
        auth = settings["auth"]
        self.gateway = Gateway(
            self._scenarios,
            request_ids=lambda: str(uuid.uuid4()),
            wall=real_time("time"),
            monotonic=real_time("monotonic"),
            backend=self._backend,
            verify=verifier(credentials_of(auth["credentials"]))
            if auth["verify"]
            else skip_verification,
            debug_headers=settings["server.debug_headers"],
            log=request_log(settings["server.log"], _to_stderr),
        )
        self._listener: Listener | None = None

    @cached_property
    def control(self) -> Control:
        """The verbs behind the admin API."""
        return Control(
            scenarios=self._scenarios,
            url=lambda: self.url,
            new=self.new_scenario,
            bugs=lambda: self.gateway.bugs.found,
            version=version("sm-emulator"),
            seed=self.settings["seed"],
            settings=setting_rows(self.settings),
        )

    def listener(self) -> Listener:
        """Bind the address of the settings. Raises OSError where that fails."""
        server = self.settings["server"]
        front = Dispatcher(OriginPolicy(server["allowed_hosts"]), self.gateway, self._application)
        limits = Limits(
            server["max_body"], server["max_connections"], seconds(server["request_timeout"])
        )
        return Listener(front, server["host"], server["port"], limits)

    def _application(self) -> WSGIApplication:
        from sm_emulator.server.app import create_app  # noqa: PLC0415  start-up must not wait for Flask

        return create_app(self.gateway, self.control, self.settings["server.allowed_hosts"])

    def start(self) -> Self:
        """Serve, in a new thread.

        Raises RuntimeError if it serves already, OSError if it cannot; nothing is left then.
        """
        if self._listener is not None:
            raise RuntimeError(f"the emulator already serves at {self.url}")
        listener = self.listener()
        listener.start()
        self._listener = listener
        return self

    def stop(self) -> None:
        """Stop serving: close every connection and end the thread. Does nothing if it does not serve."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        for entry in self._scenarios:
            self._discard(entry.state.account)

    def _discard(self, account: str) -> None:
        if isinstance(self._backend, MotoBackend):
            self._backend.discard(account)

    def __call__(self, function: Callable[..., _R]) -> Callable[..., _R]:
        """Decorate a function, coroutine or test method, which gets an emulator as last argument.

        Each call gets a new emulator with these settings, which serves until the call ends.
        """
        awaited: Callable[..., Any] = function

        def call(*args: Any, **kwargs: Any) -> Any:
            with type(self).of(self.settings) as emulator:
                return function(*args, emulator, **kwargs)

        async def call_coroutine(*args: Any, **kwargs: Any) -> Any:
            with type(self).of(self.settings) as emulator:
                return await awaited(*args, emulator, **kwargs)

        emulated = wraps(function)(call_coroutine if iscoroutinefunction(function) else call)
        vars(emulated).pop("__wrapped__")  # or pytest takes the emulator for a fixture
        return emulated

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, _type: object, error: object, _traceback: object) -> None:
        self.stop()
        if error is None and self.gateway.bugs:
            raise self.gateway.bugs[0]

    @property
    def url(self) -> str:
        """The endpoint URL for clients. Raises RuntimeError unless it serves."""
        if self._listener is None:
            raise RuntimeError("the emulator does not serve: use it in a with statement, or start it")
        return self._listener.url

    def scenario(self, account: str = DEFAULT_ACCOUNT) -> Scenario:
        """Return the scenario of an account, by its 12 digits."""
        return self.control.pin(account)

    def new_scenario(
        self,
        account: str,
        *,
        preset: str | None = None,
        seed: int | None = None,
        clock: Literal["real", "virtual"] | None = None,
        reproducible: bool | None = None,
        faults: str | Sequence[Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Scenario:
        """Replace an account's scenario by a new one, with settings that override the emulator's.

        The arguments are those of the emulator, and `faults`: a preset or rules as in the configuration
        file. A reset returns to them. Settings of the server apply to all scenarios and are ignored
        here. Raises ConfigurationError.
        """
        overrides = {} if faults is None else {"faults": faults}
        own = settings_module.from_arguments(
            {**overrides, **(settings or {})},
            preset=preset,
            seed=seed,
            clock=clock,
            reproducible=reproducible,
        )
        merged = settings_module.load([*self.settings.given, *own])
        return self.control.pin(account, scenario_config(merged, catch_up, self._discard))

    def discard(self, account: str) -> None:
        """Remove an account's scenario with all its resources, including those in moto."""
        self._scenarios.discard(account)

    def client(self, service: str, *, account: str = DEFAULT_ACCOUNT, **options: Any) -> Any:
        """Return a boto3 client bound to this emulator; `options` go to `boto3.client`.

        Its access key is `account`, so its requests go to that account's scenario. The region is
        us-east-1 unless `options` names one by `region_name`.
        """
        return self.scenario(account).client(service, **options)

    def environment(self, *, account: str = DEFAULT_ACCOUNT) -> dict[str, str]:
        """Return the environment variables by which programs in other processes use this emulator."""
        return self.scenario(account).environment()
