// The driver for Node. ../README.md says what it is told, and what it answers. It lies where the package hostws is found.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionClosed, OpenError, OptionError, connect } from 'hostws'

const connections = new Map()
const objects = new Set()
const events = new Map()
const EVENTS = ['reconnecting', 'reconnected', 'pong', 'drain', 'warning']

const bytes = hex => Buffer.from(hex, 'hex')
const hex = text => Buffer.from(text).toString('hex')
const components = error => error.errors.map(cause => cause.component).join(',')
const closed = ({ code, wasClean, reason, errors = [] }) =>
  ['closed', code, wasClean ? 'yes' : 'no', hex(reason), components({ errors })]

function optionsOf(given) {
  const options = {}
  const headers = []
  for (const option of given) {
    const [, name, kind, value] = /^([^=:]*)([=:])(.*)$/s.exec(option)
    if (name === 'headers') headers.push(value.split(': ', 2))
    else options[name] = kind === '=' ? Number(value) : value
  }
  if (headers.length > 0) options.headers = headers
  return options
}

async function send(ws, message) {
  if (!ws.send(message)) await once(ws, 'drain')
}

const receive = (name, ms = 30_000) => connections.get(name).receive({ signal: AbortSignal.timeout(ms) })

function written(name, message) {
  if (objects.has(name)) return ['object', hex(JSON.stringify(message))]
  return typeof message === 'string' ? ['text', hex(message)] : ['blob', message.toString('hex')]
}

const commands = {
  async open(name, url, ...given) {
    const options = optionsOf(given)
    objects.delete(name)
    if (options.data_type === 'object') objects.add(name)
    const ws = await connect(url, options)
    const seen = []
    for (const event of EVENTS) ws.on(event, () => seen.push(event))
    connections.set(name, ws)
    events.set(name, seen)
    return ['open']
  },

  async send(name, type, payload) {
    const text = String(bytes(payload))
    await send(connections.get(name), type === 'object' ? JSON.parse(text) : type === 'text' ? text : bytes(payload))
    return ['sent']
  },

  async recv(name, ms) {
    return written(name, await receive(name, Number(ms)))
  },

  async echo(name, type, size) {
    const text = 'abcdefghijklmnopqrstuvw'.repeat(size / 23 + 1).slice(0, size)
    await send(connections.get(name), type === 'text' ? text : Buffer.from(text))
    const back = await receive(name)
    const isSame = type === 'text' ? back === text : Buffer.isBuffer(back) && back.equals(Buffer.from(text))
    return [isSame ? 'same' : 'different']
  },

  async flood(name, count) {
    let expected = 0
    for await (const message of connections.get(name)) {
      const number = parseInt(message.toString(), 10)
      if (number !== expected) return ['different', `${number} instead of ${expected}`]
      if (++expected === Number(count)) return ['ordered']
    }
    return ['different', 'it ended']
  },

  async mirror(name) {
    const ws = connections.get(name)
    for await (const message of ws) await send(ws, message)
    return closed(await ws.close())
  },

  async close(name, code, reason) {
    return closed(await connections.get(name).close(Number(code), String(bytes(reason))))
  },

  async abort(name) {
    connections.get(name).abort()
    return closed(await connections.get(name).close())
  },

  async await(name, event, ms) {
    const seen = events.get(name)
    for (let left = Number(ms); left > 0; left -= 10) {
      const place = seen.indexOf(event)
      if (place >= 0) return seen.splice(place, 1)
      await sleep(10)
    }
    return ['timeout']
  },

  async ping(name, payload) {
    connections.get(name).ping(bytes(payload))
    return ['sent']
  },

  async get(name, fact) {
    const ws = connections.get(name)
    return [fact.startsWith('header:') ? ws.responseHeaders.get(fact.slice(7)) : ws[fact]]
  },

  async sleep(ms) {
    await sleep(Number(ms))
    return ['slept']
  },

  async cancel(name) {
    const controller = new AbortController()
    const waiting = connections.get(name).receive({ signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    return waiting.then(() => ['error', 'a message'], error => [error.message === 'enough' ? 'cancelled' : 'error'])
  },

  async interrupt(name) {
    tell(['waiting'])
    await connections.get(name).receive()
    return ['error', 'a message']
  }
}

function told(error) {
  if (error instanceof OptionError) return ['refused', error.message]
  if (error instanceof OpenError) {
    const { status, headers, body, message } = error
    return ['failed', status ?? 0, components(error), body.toString('hex'), message, headers.get('www-authenticate') ?? '']
  }
  if (error instanceof ConnectionClosed) return closed(error)
  return error.name === 'TimeoutError' ? ['timeout'] : ['error', String(error)]
}

function tell(answer) {
  process.stdout.write(answer.map(field => String(field).split(/\s+/).join(' ').trim()).join('\t') + '\n')
}

for await (const line of createInterface({ input: process.stdin, terminal: false })) {
  const [command, ...fields] = line.split('\t')
  if (command === 'exit') break
  const work = Object.hasOwn(commands, command) ? commands[command](...fields) : Promise.resolve(['unsupported'])
  tell(await work.catch(told))
}
process.exit()
