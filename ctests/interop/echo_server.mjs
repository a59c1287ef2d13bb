// An echo server with npm's ws: echo_server.mjs [CERTIFICATE KEY]
// Prints "port N"; ends when its stdin closes, or after two minutes.

import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { WebSocketServer } from 'ws'

const [certificate, key] = process.argv.slice(2)
const server = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
  : http.createServer()

new WebSocketServer({ server, maxPayload: 64 << 20 }).on('connection', socket => {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
})
server.listen(0, '127.0.0.1', () => console.log('port', server.address().port))

process.stdin.resume().on('close', () => process.exit())
setTimeout(() => process.exit(), 120_000)
