'use strict'
// The queue of this thread, and its connections: each event goes to the connection that it belongs to.

const { isMainThread } = require('node:worker_threads')
const native = require('./native.js')

/** How long the end of the program may take, for what was sent to leave. */
const EXIT_MS = 2000

// How a connection gets what is its own.
const onMessage = Symbol('onMessage')
const onEvent = Symbol('onEvent')

// As in src/addon.h and src/events.c.
const IN_SLAB = 0, MESSAGE = 1
const INTS = 4

// The constructor that Buffer's own methods use. With it a part of a slab costs a third of what subarray() does.
const Part = Buffer[Symbol.species]

const connections = new Map()
const { queue, table: memory } = native.start(onEvents)
const table = new Int32Array(memory)

function onEvents(count, slab, values) {
  const bytes = slab?.buffer, offset = slab?.byteOffset
  let id = 0
  let connection
  for (let i = 0, at = 0; i < count; i++, at += INTS) {
    if (table[at] !== id) {
      id = table[at]
      connection = connections.get(id)
    }
    if (connection === undefined) continue
    const kind = table[at + 1]
    try {
      if (kind === IN_SLAB) {
        const length = table[at + 3]
        connection[onMessage](new Part(bytes, offset + table[at + 2], length), length)
      } else if (kind === MESSAGE) {
        connection[onMessage](values[i], table[at + 3])
      } else {
        connection[onEvent](values[i])
      }
    } catch (error) {
      // Out of a listener: it is uncaught, as it would be by itself, and the other events are delivered.
      process.nextTick(() => { throw error })
    }
  }
}

let alive = 0

/** Counts the connections that keep the program running. */
function keepAlive(more) {
  const before = alive
  alive += more ? 1 : -1
  if ((before === 0) !== (alive === 0)) native.keepAlive(alive > 0)
}

// The library is one for all threads, so it ends with the program and not with a worker.
if (isMainThread) process.on('exit', () => native.shutdown(0, EXIT_MS))

module.exports = { connections, keepAlive, onEvent, onMessage, queue }
