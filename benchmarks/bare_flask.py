"""A bare Flask route with our answers on our listener: what we would reach if answering cost nothing."""

from __future__ import annotations

import sys
import time

import flask
from messages import MODEL, create, describe, request

from sm_emulator import Emulator
from sm_emulator.server.connection import Limits
from sm_emulator.server.dispatcher import answer_by, immediate
from sm_emulator.server.listener import Listener
from sm_emulator.wire.message import Outcome, Request
from sm_emulator.wire.steps import run_steps


class _Reply(flask.Response):
    default_mimetype = None


def answers() -> dict[str, Outcome]:
    """Record, by target, what the emulator answers; the last request of an operation counts."""
    gateway = Emulator().gateway
    outcomes = {}
    for message in (request("CreateModel", MODEL), create("known"), describe("known")):
        head, _, body = message.partition(b"\r\n\r\n")
        lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        headers = {name.lower(): value for name, value in lines}
        outcomes[headers["x-amz-target"]] = run_steps(
            gateway(Request("POST", headers, body)), time.sleep
        )
    return outcomes


def create_app() -> flask.Flask:
    """Build an application of one route, which reads the body and gives the recorded answer."""
    app = flask.Flask("bare", static_folder=None)
    recorded = answers()

    @app.post("/")
    def route() -> flask.Response:
        flask.request.get_data()
        outcome = recorded[flask.request.headers["X-Amz-Target"]]
        return _Reply(outcome.body, outcome.status, list(outcome.headers))

    return app


if __name__ == "__main__":
    host, port = "127.0.0.1", int(sys.argv[1])
    application = create_app()
    listener = Listener(
        lambda request: immediate(answer_by(application, request)),
        *(host, port, Limits(body=1_000_000, connections=4096)),
    )
    listener.run(lambda: None)
