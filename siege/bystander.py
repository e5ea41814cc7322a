"""A client that wants nothing but an answer, 100 times a second: started as a process of its own.

    python bystander.py PORT PID

It prints a line when it begins, sends requests until its standard input ends, and then prints its
latencies as JSON. Time that it or the server's event loop (the thread PID) waited for a processor
is not a fault of the server and is subtracted.
"""

from __future__ import annotations

import http.client
import json
import select
import sys
import time
from pathlib import Path

BODY = b'{"ModelName":"of-no-one"}'
HEADERS = {"X-Amz-Target": "SageMaker.DescribeModel", "Content-Type": "application/x-amz-json-1.1"}
EVERY = 0.01
PATIENCE = 30.0


class Bystander:
    """Requests a model that does not exist, and measures the answers, which are all 400."""

    def __init__(self, port: int, pid: int) -> None:
        self._port = port
        self._waits = [Path("/proc/self/schedstat"), Path(f"/proc/{pid}/schedstat")]
        self._connection: http.client.HTTPConnection | None = None
        self.latencies: list[float] = []
        self.errors: list[str] = []

    def request(self) -> None:
        """Send one request, and note how long its answer took or why there was none."""
        waited, begun = self._waited(), time.perf_counter()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            self._connection.request("POST", "/", BODY, HEADERS)
            answer = self._connection.getresponse()
            answer.read()
            if answer.status != http.client.BAD_REQUEST:
                self.errors.append(f"status {answer.status}")
        except (OSError, http.client.HTTPException) as error:
            self.errors.append(repr(error))
            if self._connection:
                self._connection.close()
            self._connection = None
        taken = time.perf_counter() - begun - (self._waited() - waited)
        self.latencies.append(max(taken, 0.0))

    def _waited(self) -> float:
        try:
            return sum(int(path.read_bytes().split()[1]) for path in self._waits) / 1e9
        except (OSError, IndexError):  # the server has ended, or the kernel keeps no such figure
            return 0.0


def main() -> None:
    """Send requests until standard input ends."""
    bystander = Bystander(int(sys.argv[1]), int(sys.argv[2]))
    print("begun", flush=True)
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        bystander.request()
    found = sorted(bystander.latencies) or [0.0]
    last = len(found) - 1
    shown = {
        "requests": len(found),
        "p99": found[round(last * 0.99)] * 1000,
        "p999": found[round(last * 0.999)] * 1000,
        "worst": found[-1] * 1000,
        "errors": bystander.errors,
    }
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
