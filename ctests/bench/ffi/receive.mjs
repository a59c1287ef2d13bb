// Messages a second from Node with koffi, with ws_next and with ws_next_batch.
//
// node receive.mjs SERVER LIBRARY NPM [N]: SERVER is the bench's server program, LIBRARY libhostws.so, NPM the folder
// ctests/ffi/npm of a build tree in which the FFI tests have run: koffi is there, and hostws_koffi.mjs.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [server, library, npm, count = 300_000] = process.argv.slice(2)
process.env.HOSTWS_SHARED_LIBRARY = path.resolve(library)
const { koffi, OPEN, BLOB, Event, ws_open, ws_send, ws_terminate, ws_next, ws_next_batch, ws_last_error_message } =
  await import(pathToFileURL(path.resolve(npm, 'hostws_koffi.mjs')))

const SIZE = 64

function fail() {
  throw new Error(ws_last_error_message())
}

function oneByOne() {
  for (let got = 0; got < count;) {
    const event = koffi.decode(ws_next(0, -1) ?? fail(), Event)
    got += Number(event.length) === SIZE
  }
}

const CAPACITY = 256
const room = Buffer.alloc(CAPACITY * koffi.sizeof(Event))
room.writeUInt32LE(koffi.sizeof(Event))

function several() {
  for (let got = 0; got < count;) {
    const fetched = ws_next_batch(0, room, CAPACITY, -1)
    if (fetched < 0) fail()
    for (const event of koffi.decode(room, Event, fetched)) got += Number(event.length) === SIZE
  }
}

// An object for each event costs more than the call did: this reads what it wants where it lies.
const EVENT_SIZE = koffi.sizeof(Event)
const LENGTH = koffi.offsetof(Event, 'length')

function severalInPlace() {
  for (let got = 0; got < count;) {
    const fetched = ws_next_batch(0, room, CAPACITY, -1)
    if (fetched < 0) fail()
    for (let i = 0; i < fetched; i++) got += Number(room.readBigInt64LE(i * EVENT_SIZE + LENGTH)) === SIZE
  }
}

function measure(way, port, receive) {
  const ws = ws_open(`ws://127.0.0.1:${port}/flood/${SIZE}/${count}`, null, null)
  const opened = ws_next(0, 10_000) ?? fail()
  if (koffi.decode(opened, Event).type !== OPEN) fail()
  ws_send(ws, Buffer.from('go'), 2, BLOB)
  const start = performance.now()
  receive()
  const messages_per_second = Math.round(count / (performance.now() - start) * 1000)
  console.log(JSON.stringify({ way, messages_per_second }))
  ws_terminate(ws, 0, null)
  while (ws_next(0, 10_000));
}

const running = spawn(server, { stdio: ['pipe', 'pipe', 'inherit'] })
try {
  const [line] = await once(running.stdout, 'data')
  const port = JSON.parse(line).plain
  for (let round = 0; round < 3; round++) {
    measure('ws_next', port, oneByOne)
    measure('ws_next_batch', port, several)
    measure('ws_next_batch, in place', port, severalInPlace)
  }
} finally {
  running.stdin.end()
  await once(running, 'exit')
}
