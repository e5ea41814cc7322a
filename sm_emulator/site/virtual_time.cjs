// Node requires this first in a program whose timers move the clock of an emulator.
//
// That is a program with this file in NODE_OPTIONS and an emulator in AWS_ENDPOINT_URL. Each timer is a
// real one as well, so that none is later than without this file. Once a program waits for nothing but
// timers, the clock moves to the first one, which fires then: a wait between two requests takes no time,
// and the timeout of a request that is under way is real.
'use strict'

const { AsyncResource } = require('node:async_hooks')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')
const { syncBuiltinESMExports } = require('node:module')
const path = require('node:path')
const timers = require('node:timers')
const promises = require('node:timers/promises')
const { promisify } = require('node:util')

const LONGEST_DELAY = 2 ** 31 - 1 // of Node, which takes 1 ms for a longer one
const POLL_MS = 1
// What may stay open while nothing is under way: standard input and output are pipes or terminals
const LASTING = new Set(['Timeout', 'TCPServerWrap', 'PipeServerWrap', 'PipeWrap', 'TTYWrap'])

const real = { ...timers, Date, hrtime: process.hrtime.bigint }
const request = http.request
const agent = new http.Agent({ keepAlive: true })
const due = new Map() // for each timer: when, and what it does
let moved = 0 // milliseconds
let looking = false
let turn = Promise.resolve()

/** Move the clock of the scenario that the program uses. */
function advance(milliseconds) {
  const account = process.env.AWS_ACCESS_KEY_ID ?? ''
  const scenario = /^[0-9]{12}$/.test(account) ? account : 'default'
  const url = new URL(`/_emulator/scenarios/${scenario}/clock`, process.env.AWS_ENDPOINT_URL)
  const options = { method: 'POST', agent, headers: { 'Content-Type': 'application/json' } }
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (part) => (answer += part))
      response.on('end', () => {
        if (response.statusCode === 200) resolve((moved += milliseconds))
        else reject(new Error(`cannot sleep in virtual time: ${answer}`))
      })
    })
    sent.on('error', reject).end(JSON.stringify({ advance_seconds: milliseconds / 1000 }))
  })
}

const isCleared = (timer) => timer._onTimeout === null // as Node leaves it, however it was cleared

/** Fire a timer, once the clock has its time. */
function fire(timer) {
  turn = turn.then(async () => {
    const { at } = due.get(timer) ?? {}
    if (at > moved) await advance(at - moved)
    real.setImmediate(() => {
      look()
      if (due.get(timer)?.at === at && !isCleared(timer)) due.get(timer).run()
    })
  })
}

/** Fire the first timer as soon as nothing else is under way. */
function look() {
  if (looking) return
  looking = true
  real.setImmediate(async () => {
    looking = false
    for (const timer of due.keys()) if (isCleared(timer)) due.delete(timer)
    if (![...due.keys()].some((timer) => timer.hasRef())) return // the others keep no program running
    if (process.getActiveResourcesInfo().some((each) => !LASTING.has(each))) {
      looking = true
      real.setTimeout(() => { looking = false; look() }, POLL_MS).unref()
      return
    }
    looking = true
    fire([...due.keys()].reduce((first, each) => (due.get(each).at < due.get(first).at ? each : first)))
    await turn
    looking = false
  })
}

function start(repeats, callback, delay, values) {
  if (typeof callback !== 'function') return real.setTimeout(callback) // which refuses it
  const milliseconds = delay >= 1 && delay <= LONGEST_DELAY ? Math.trunc(delay) : 1
  const bound = AsyncResource.bind(callback)
  let kept = false // whether it kept the program running when it fired
  const timer = real.setTimeout(() => due.has(timer) && fire(timer), delay)
  const { refresh } = timer
  function arm() {
    refresh.call(timer)
    due.delete(timer) // so that it is the last of equal ones
    due.set(timer, { at: moved + milliseconds, run })
    look()
  }
  function run() {
    if (repeats) arm()
    else {
      kept = timer.hasRef()
      timer.unref() // it may have fired before its real time; clearing it would make a refresh impossible
      due.delete(timer)
    }
    bound.apply(timer, values)
  }
  timer.refresh = () => {
    if (kept) timer.ref()
    arm()
    return timer
  }
  arm()
  return timer
}

function sleep(delay, value, { ref = true, signal } = {}) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      real.clearTimeout(timer)
      const error = new Error('The operation was aborted', { cause: signal.reason })
      reject(Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' }))
    }
    const timer = start(false, () => { signal?.removeEventListener('abort', stop); resolve(value) }, delay, [])
    if (!ref) timer.unref()
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

function virtualTimers() {
  timers.setTimeout = (callback, delay, ...values) => start(false, callback, delay, values)
  timers.setInterval = (callback, delay, ...values) => start(true, callback, delay, values)
  timers.setTimeout[promisify.custom] = promises.setTimeout = sleep
  promises.setInterval = async function* (delay, value, options) {
    for (;;) yield await sleep(delay, value, options)
  }
  promises.scheduler.wait = (delay, options) => sleep(delay, undefined, options)
  globalThis.setTimeout = timers.setTimeout
  globalThis.setInterval = timers.setInterval
}

/** Move the clocks along, so that a program's deadlines arrive. */
function virtualClocks() {
  const now = real.Date.now
  real.Date.now = () => now() + moved
  globalThis.Date = new Proxy(real.Date, {
    apply: () => new Date().toString(),
    construct: (date, values, made) => Reflect.construct(date, values.length ? values : [date.now()], made),
  })
  real.Date.prototype.constructor = Date
  const elapsed = performance.now.bind(performance)
  performance.now = () => elapsed() + moved
  const nanoseconds = () => real.hrtime() + BigInt(moved) * 1_000_000n
  process.hrtime = ([seconds, rest] = [0, 0]) => {
    const passed = nanoseconds() - BigInt(seconds) * 1_000_000_000n - BigInt(rest)
    return [Number(passed / 1_000_000_000n), Number(passed % 1_000_000_000n)]
  }
  process.hrtime.bigint = nanoseconds
}

/** Seed Math.random, in each process of a run differently: jitter and names are equal in equal runs. */
function seeded(folder) {
  const number = ownNumber(folder)
  const { seed = 0 } = JSON.parse(fs.readFileSync(path.join(folder, 'settings.json'), 'utf8'))
  let drawn = 0
  Math.random = () => {
    const digest = createHash('sha256').update(`${seed} ${number} ${drawn++}`).digest()
    return digest.readUIntBE(0, 6) / 2 ** 48
  }
}

function ownNumber(folder) {
  for (let number = 0; ; number++) {
    try {
      fs.closeSync(fs.openSync(path.join(folder, `${number}.process`), 'wx'))
      return number
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
}

if (process.env.AWS_ENDPOINT_URL) {
  virtualTimers()
  virtualClocks()
  if (process.env.SM_EMULATOR_RUN) seeded(process.env.SM_EMULATOR_RUN)
  syncBuiltinESMExports()
}
