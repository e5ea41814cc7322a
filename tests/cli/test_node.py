"""Programs of Node in virtual time: timers, clocks and chance, and the explorer's verdict on one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sm_emulator import Emulator
from sm_emulator.control.virtual_time import variables

BIN = Path(sys.executable).parent
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here"),
]
# Every kind of timer. It says what fired, in order
TIMERS = """
import { setTimeout as pause, setInterval as ticks, scheduler } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AsyncLocalStorage } from 'node:async_hooks'
const began = [Date.now(), performance.now(), process.hrtime()]
const fired = (delay, name) => new Promise((resolve) => setTimeout(() => resolve(console.log(name)), delay))
const context = new AsyncLocalStorage()
await Promise.all([fired(9000, 'third'), fired(3000, 'first'), fired(3000, 'second')])
clearTimeout(setTimeout(console.log, 1000, 'cleared'))
clearTimeout(+setTimeout(console.log, 1000, 'cleared by its number'))
setTimeout(console.log, 10_000_000, 'does not keep the program running').unref()
let left = 2
await new Promise((resolve) => {
  const timer = setInterval(() => { console.log('interval'); if (!--left) resolve(clearInterval(timer)) }, 10_000)
})
for await (const tick of ticks(10_000, 'tick')) { console.log(tick); if (++left === 2) break }
left = 2
await new Promise((resolve) => {
  const timer = setTimeout(() => { console.log('refreshed'); --left ? timer.refresh() : resolve() }, 10_000)
})
await promisify(setTimeout)(1000)
await scheduler.wait(1000)
console.log(await context.run('context', () => pause(1000).then(() => context.getStore())))
const signals = [AbortSignal.abort(), new AbortController()]
setTimeout(() => signals[1].abort(), 1000)
for (const signal of [signals[0], signals[1].signal]) {
  await pause(1e6, null, { signal }).catch((error) => console.log(error.name, error.code))
}
try { setTimeout('text') } catch (error) { console.log(error.code) }
const passed = [Date.now() - began[0], performance.now() - began[1], process.hrtime(began[2])[0] * 1000]
console.log(passed.every((milliseconds) => milliseconds >= 73_000 && milliseconds < 1e6))
class Day extends Date {}
console.log(new Date() >= began[0] + 73_000, new Date(5).getTime(), new Day() instanceof Date, typeof Date())
"""
FIRED = """
first second third interval interval tick tick refreshed refreshed context
AbortError ABORT_ERR AbortError ABORT_ERR ERR_INVALID_ARG_TYPE true true 5 true string
"""
# A request that takes a while, beside a timer of an hour
UNDER_WAY = """
import http from 'node:http'
const server = http.createServer((_, answer) => setTimeout(() => answer.end('answer'), 100))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const timer = new Promise((resolve) => setTimeout(() => resolve(console.log('timer')), 3_600_000))
console.log(await (await fetch(`http://127.0.0.1:${server.address().port}`)).text())
await timer
process.exit()
"""
# Tries once, or for some minutes
DEPLOY = """
const [attempts] = process.argv.slice(-1)
async function call(operation, members) {
  for (let left = attempts; ; left--) {
    const headers = { 'X-Amz-Target': `SageMaker.${operation}`, 'Content-Type': 'application/x-amz-json-1.1' }
    const options = { method: 'POST', headers, body: JSON.stringify(members) }
    const problem = await fetch(process.env.AWS_ENDPOINT_URL, options).then(
      async (answer) => (answer.ok ? '' : `${answer.status} ${await answer.text()}`), (error) => String(error))
    if (!problem || (left < attempts && problem.includes('already existing'))) return
    if (left <= 1) throw new Error(problem)
    await new Promise((resolve) => setTimeout(resolve, 60_000 * Math.random()))
  }
}
const variant = { VariantName: 'a', ModelName: 'm', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }
await call('CreateEndpointConfig', { EndpointConfigName: 'cfg', ProductionVariants: [variant] })
await call('CreateEndpoint', { EndpointName: 'ep', EndpointConfigName: 'cfg' })
"""


@pytest.fixture
def node(tmp_path):
    """Return a function that runs a program, and returns its output and the seconds that passed."""

    def run(program: str) -> tuple[list[str], float]:
        with Emulator(clock="virtual") as emulator:
            began = emulator.scenario().clock.now
            done = subprocess.run(
                ["node", written(tmp_path, program)],
                env={**os.environ, **emulator.environment(), **variables(os.environ)},
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, "")
            return done.stdout.split(), emulator.scenario().clock.now - began

    return run


def written(folder: Path, program: str) -> str:
    """Return the path of a module, with a space in its name."""
    file = folder / "a program.mjs"
    file.write_text(program)
    return str(file)


def emulator(command: str, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SM_EMULATOR_")}
    return subprocess.run(
        [str(BIN / "sm-emulator"), command, *words],
        env=kept, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_every_timer_fires_in_its_order_and_moves_the_clock(node):
    output, seconds = node(TIMERS)
    assert output == FIRED.split()
    assert seconds == pytest.approx(73)


def test_a_timer_waits_for_a_request_that_is_under_way(node):
    output, seconds = node(UNDER_WAY)
    assert output == ["answer", "timer"]
    assert seconds == pytest.approx(3600)


def test_chance_is_equal_in_equal_runs():
    drawn = {
        seed: [
            emulator("run", "--reproducible", "--seed", seed, "--", "node", "-p", "Math.random()").stdout
            for _ in range(2)
        ]
        for seed in "12"
    }
    assert all(first == second for first, second in drawn.values())
    assert 0 <= float(drawn["1"][0]) < 1
    assert drawn["1"] != drawn["2"]


@pytest.mark.parametrize(
    ("attempts", "code", "message"),
    [
        ("1", 1, "BREAKS  CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1"),
        ("30", 0, "exhausted: none of 5 schedules of at most 1 cause"),
    ],
)
def test_a_program_of_node_is_explored_in_virtual_time(tmp_path, attempts, code, message):
    words = ("--set", "models.required=false", "--", "node", written(tmp_path, DEPLOY), attempts)
    done = emulator("explore", *words)
    assert (done.returncode, done.stderr) == (code, "")
    assert message in done.stdout
