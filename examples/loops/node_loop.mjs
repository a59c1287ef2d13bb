// hostws in Node's loop, with koffi: the queue's descriptor wakes it, and ws_next_json brings the events.
//
//     npm install koffi && node node_loop.mjs URL      HOSTWS_LIBRARY may name the library's file

import net from 'node:net'
import koffi from 'koffi'

const library = koffi.load(process.env.HOSTWS_LIBRARY ?? 'libhostws.so.0')
const ws_open = library.func('int32_t ws_open(const char *url, const char *options_json, void *user_data)')
const ws_send = library.func('int32_t ws_send(int32_t ws, const char *data, int64_t length, int32_t data_type)')
const ws_terminate = library.func('int32_t ws_terminate(int32_t ws, int32_t code, const char *reason)')
const ws_next_json = library.func('int64_t ws_next_json(int32_t queue, int32_t timeout_ms, void *buffer, int64_t size)')
const ws_queue_fd = library.func('intptr_t ws_queue_fd(int32_t queue)')
const ws_last_error_message = library.func('const char *ws_last_error_message()')

let buffer = Buffer.alloc(65536)

// All events that wait.
function* events() {
  for (;;) {
    const length = Number(ws_next_json(0, 0, buffer, buffer.length))
    if (length >= buffer.length) {
      buffer = Buffer.alloc(length + 1) // it has no room and stays for the next call
    } else if (length > 0) {
      yield JSON.parse(buffer.toString('utf8', 0, length))
    } else {
      return
    }
  }
}

const ws = ws_open(process.argv[2], '{}', null)
if (ws < 0) throw new Error(ws_last_error_message())

// Node reads the bytes that make the descriptor readable. As long as events are left, the library writes another.
const wakeUp = new net.Socket({ fd: Number(ws_queue_fd(0)), readable: true, writable: false })
wakeUp.on('data', () => {
  for (const event of events()) {
    if (event.type === 'open') ws_send(ws, 'hello', -1, 1)
    if (event.type === 'message') {
      console.log(event.data)
      ws_terminate(ws, 1000, null)
    }
    if (event.type === 'error') console.error(event.errors.at(-1).message)
    if (event.type === 'terminate') {
      console.log('closed:', event.code, event.reason)
      process.exit() // and not wakeUp.destroy(), which would close the library's descriptor
    }
  }
})
