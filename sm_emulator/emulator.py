"""The composition root: everything is built here, and real time and chance are named only here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from sm_emulator import settings as settings_module
from sm_emulator.catalog import document
from sm_emulator.clients import client
from sm_emulator.clock import Clock, RealClock, VirtualClock
from sm_emulator.contradictions import seconds
from sm_emulator.control import Control, Scenario
from sm_emulator.faults import FAULT_PRESETS
from sm_emulator.gateway import Gateway
from sm_emulator.lifecycle import lifecycle
from sm_emulator.operations import OPERATIONS
from sm_emulator.presets import PRESETS
from sm_emulator.scenario import Behaviour, Quotas, Scenarios, Start
from sm_emulator.server import Listener, Moto, create_app, elsewhere
from sm_emulator.settings import Given, Settings
from sm_emulator.wire.caller import DEFAULT_ACCOUNT, DEFAULT_REGION


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
        given += [Given("server.port", 0, "Emulator")]
        given += [Given(key, value, "settings") for key, value in (settings or {}).items()]
        named = {"preset": preset, "seed": seed, "clock": clock, "time_scale": time_scale}
        for name, value in named.items():
            if value is not None:
                given += settings_module.from_short(name, value, name)
        self._assemble(settings_module.load(given))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build an emulator of settings that were loaded already, as the command line does."""
        emulator = cls.__new__(cls)
        emulator._assemble(settings)  # noqa: SLF001  its own class
        return emulator

    def _assemble(self, settings: Settings) -> None:
        self.settings = settings
        self._elsewhere = elsewhere(settings["fallthrough"])
        self._scenarios = Scenarios(_start(settings, self._forget))
        self.gateway = Gateway(
            self._scenarios,
            request_ids=lambda: str(uuid.uuid4()),
            wall=time.time,
            elsewhere=self._elsewhere,
            debug_headers=settings["server.debug_headers"],
        )
        self._listener: Listener | None = None

    @cached_property
    def control(self) -> Control:
        """The verbs behind the admin API."""
        return Control(
            scenarios=self._scenarios,
            version=version("sm-emulator"),
            seed=self.settings["seed"],
            settings=setting_rows(self.settings),
            operations=operation_rows(),
            presets=preset_rows(),
        )

    def listener(self) -> Listener:
        """Bind the address of the settings. Raises OSError where that fails."""
        app = create_app(self.gateway, self.control, self.settings["server.allowed_hosts"])
        return Listener(app, self.settings["server.host"], self.settings["server.port"])

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
        for scenario in self._scenarios:
            self._forget(scenario.account)

    def _forget(self, account: str) -> None:
        if isinstance(self._elsewhere, Moto):
            self._elsewhere.forget(account)

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
        return self.control.scenario(account)

    def client(
        self,
        service: str,
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
        **options: Any,
    ) -> Any:
        """Make a boto3 client bound to this emulator; `options` go to `boto3.client`.

        Its access key is `account`, so its requests meet that account's scenario.
        """
        return client(service, self.url, account, region, **options)


def _start(settings: Settings, forget: Callable[[str], None]) -> Start:
    tick = seconds(settings["clock.tick_per_request"])

    def clock() -> Clock:
        if settings["clock.mode"] == "virtual":
            return VirtualClock(tick_per_request=tick)
        return RealClock(time.monotonic, time.time(), settings["clock.scale"])

    return Start(
        seed=settings["seed"],
        consistency=settings["consistency"],
        behaviour=Behaviour(
            lifecycle=lifecycle(settings["lifecycle"]),
            quotas=Quotas(**settings["quotas"]),
            filter_after_page=settings["lists.filter_after_page"],
            models_required=settings["models.required"],
            kms_with_local_storage=settings["kms.local_storage"] == "accept",
        ),
        clock=clock,
        journal_limit=settings["journal.limit"],
        forget=forget,
        journal_bodies=settings["journal.bodies"],
        faults=settings["faults"],
    )


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Tabulate every setting: key, value, origin, default, environment variable, help."""
    return [
        {
            "key": setting.key,
            "value": settings[setting.key],
            "origin": settings.origin(setting.key),
            "default": setting.default,
            "variable": setting.variable,
            "help": setting.help,
        }
        for setting in settings_module.table()
    ]


def operation_rows() -> list[dict[str, Any]]:
    """Tabulate every operation, and who implements it: sm-emulator, moto behind it, or neither."""
    return [
        {
            "service": service,
            "operation": name,
            "implemented": "sm-emulator" if name in OPERATIONS else "moto" if moto else "neither",
        }
        for service, operations in document("COVERAGE")["services"].items()
        for name, moto in operations.items()
    ]


def preset_rows() -> list[dict[str, Any]]:
    """Tabulate the presets, what they do, and how well they are founded."""
    of_faults = [
        {**asdict(preset), "consistency": {"preset": preset.consistency}} for preset in FAULT_PRESETS
    ]
    return [{**asdict(preset), "faults": []} for preset in PRESETS] + of_faults
