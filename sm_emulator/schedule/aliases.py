"""Names of resources in labels, where a program makes other names in each run."""

from __future__ import annotations

from sm_emulator.schedule.schedule import Schedule


class Aliases:
    """Names resources in labels: by an alias where the schedule has it, else by their real name.

    The alias of the second EndpointConfig that a run names is `EndpointConfig~2`.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._text = str(schedule)
        self._names: dict[str, dict[str, str]] = {}

    def __call__(self, type_: str, name: str) -> str:
        """Return the name in labels of a resource."""
        if "~" not in self._text:
            return name
        names = self._names.setdefault(type_, {})
        if name not in names:
            alias = f"{type_}~{len(names) + 1}"
            is_used = any(f"{before}{alias})" in self._text for before in "(/")
            names[name] = alias if is_used else name
        return names[name]
