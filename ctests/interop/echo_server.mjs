// An echo server with npm's ws: echo_server.mjs [--deflate PARAMETERS]... [CERTIFICATE KEY]
// Prints "port N", one for each --deflate, in their order; ends when its stdin closes, or after half an hour.
// PARAMETERS are what the server insists on in permessage-deflate, written as in its header
// ("server_max_window_bits=9; ..."), or "off". With --deflate it also prints, for each connection, what was negotiated.

import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

const { values, positionals: [certificate, key] } =
  parseArgs({ options: { deflate: { type: 'string', multiple: true } }, allowPositionals: true })

function settings(parameters) {
  if (parameters === 'off') return false
  const all = { threshold: 0 }
  for (const parameter of parameters.split(';').map(it => it.trim()).filter(it => it)) {
    const [name, value] = parameter.split('=')
    const camel = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
    all[camel] = value ? Number(value) : true
  }
  return all
}

function printNegotiated(socket) {
  const params = socket._extensions['permessage-deflate']?.params // the only place that tells
  if (!params) return console.log('deflate off')
  const number = (name, absent) => `${name}=${Number(params[name] ?? absent)}`
  console.log('deflate', number('server_no_context_takeover', 0), number('client_no_context_takeover', 0),
    number('server_max_window_bits', 15), number('client_max_window_bits', 15))
}

async function serve(perMessageDeflate) {
  const server = certificate
    ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
    : http.createServer()
  new WebSocketServer({ server, perMessageDeflate, maxPayload: 64 << 20 }).on('connection', socket => {
    if (values.deflate) printNegotiated(socket)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  console.log('port', server.address().port)
}

process.stdin.resume().on('close', () => process.exit())
setTimeout(() => process.exit(), 1_800_000)
for (const parameters of values.deflate ?? ['off']) await serve(settings(parameters))
