// hostws from Node with koffi: no callbacks; the queue's descriptor wakes Node's own loop.

import assert from 'node:assert/strict'
import net from 'node:net'
import {
  koffi, OPEN, MESSAGE, ERROR, TERMINATE, TEXT, BLOB, ErrorEntry, Event,
  ws_open, ws_send, ws_terminate, ws_status, ws_next, ws_next_batch,
  ws_queue_fd, ws_last_error, ws_last_error_message
} from './hostws_koffi.mjs'

const CLOSED = 3
const E_OPTION = -3, E_TIMEOUT = -11, E_OPEN = -26

// Takes everything out of the event, which is gone with the next call.
function take(event) {
  assert.equal(event.struct_size, koffi.sizeof(Event))
  event.bytes = Buffer.from(event.length ? koffi.decode(event.data, 'uint8_t', Number(event.length)) : [])
  event.stack = event.error_count ? koffi.decode(event.errors, ErrorEntry, event.error_count) : []
  return event
}

const events = []
let arrived = () => {}
let wakeUps = 0

// Room for what ws_next_batch gives.
const CAPACITY = 64
const room = Buffer.alloc(CAPACITY * koffi.sizeof(Event))
room.writeUInt32LE(koffi.sizeof(Event))

// The socket eats the bytes that make the descriptor readable; as long as there are events, the library writes more.
const wakeUp = new net.Socket({ fd: Number(ws_queue_fd(0)), readable: true, writable: false })
wakeUp.on('data', () => {
  // One after the other, and several at once, in turn.
  if (++wakeUps % 2) {
    for (let pointer; (pointer = ws_next(0, 0)); arrived()) events.push(take(koffi.decode(pointer, Event)))
    assert.equal(ws_last_error(), E_TIMEOUT)
  } else {
    for (let count; (count = ws_next_batch(0, room, CAPACITY, 0)) > 0; arrived()) {
      for (const event of koffi.decode(room, Event, count)) events.push(take(event))
    }
  }
})

async function next(ws, type) {
  if (!events.length) await new Promise(resolve => { arrived = resolve })
  const event = events.shift()
  assert.deepEqual([event.ws, event.type], [ws, type], JSON.stringify(event.stack))
  return event
}

function open(url, options = null) {
  const ws = ws_open(url, options, null)
  assert.ok(ws > 0, ws_last_error_message())
  return ws
}

const deadline = setTimeout(() => assert.fail('it has not ended after 90 seconds'), 90_000)

// Open, messages, close.
let ws = open(process.env.HOSTWS_WS + '/echo', JSON.stringify({ headers: { 'X-Test': ['one', 'two'] } }))
await next(ws, OPEN)
for (const [text, type] of [['héllo €', TEXT], ['a\0b', BLOB], ['', TEXT]]) {
  const bytes = Buffer.from(text)
  assert.equal(ws_send(ws, bytes, bytes.length, type), 0)
  const event = await next(ws, MESSAGE)
  assert.ok(event.bytes.equals(bytes))
  assert.equal(event.data_type, type)
}
assert.equal(ws_terminate(ws, 0, 'bye'), 0)
let event = await next(ws, TERMINATE)
assert.deepEqual([event.code, event.reason, event.was_clean], [1000, 'bye', 1])
assert.equal(ws_status(ws), CLOSED)

// More events than one wake-up brings.
const count = 10_000
ws = open(process.env.HOSTWS_WS + `/flood?n=${count}&size=32`)
await next(ws, OPEN)
for (let i = 0; i < count; i++) {
  assert.equal((await next(ws, MESSAGE)).bytes.toString().split(':')[0], String(i))
}
assert.equal(ws_terminate(ws, 0, null), 0)
assert.equal((await next(ws, TERMINATE)).code, 1000)

// Nobody is there.
ws = open(process.env.HOSTWS_NOBODY)
event = await next(ws, ERROR)
assert.deepEqual([event.stack[0].code, event.stack[0].component], [E_OPEN, 'ws'])
assert.ok(event.stack.length > 1)
assert.equal((await next(ws, TERMINATE)).code, 1006)

// A call that fails says why.
assert.equal(ws_open('ws://127.0.0.1', '{"tls_cat": 1}', null), E_OPTION)
assert.match(ws_last_error_message(), /tls_cat/)

clearTimeout(deadline)
console.log(`${wakeUps} wake-ups`)
process.exit() // not wakeUp.destroy(): the descriptor is the library's to close
