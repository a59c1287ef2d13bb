// What a program in TypeScript says; tsc --strict reads it, and nobody runs it.

import { Connection, ConnectionClosed, OpenError, Options, connect, constants } from 'hostws'
import { CloseEvent, WebSocket } from 'hostws/websocket'

async function main(): Promise<void> {
  const options: Options = { open_timeout_ms: 10_000, deflate: true, headers: { 'X-A': ['b'] }, reconnect: true }
  const ws = await connect('ws://localhost/', { ...options, signal: AbortSignal.timeout(5) })
  const room: boolean = ws.send('hello') && ws.send(new Uint8Array(3)) && ws.send(new ArrayBuffer(1))
  for await (const message of ws) {
    const length: number = message.length
    if (typeof message === 'string') message.charCodeAt(length)
    else message.readUInt8(0)
  }
  const blobs: Connection<'blob'> = new Connection(new URL('ws://localhost/'), { data_type: 'blob' })
  blobs.on('message', message => message.readUInt8(0)).on('close', (code, reason) => reason.repeat(code))
  blobs.on('reconnecting', event => event.delay.toFixed(2)).on('error', error => error.errors[0]?.component)
  const objects = await connect('ws://localhost/', { data_type: 'object' })
  objects.send({ price: 1, room })
  try {
    (await objects.receive()).anything()
  } catch (error) {
    if (error instanceof OpenError) error.body.toString()
    if (error instanceof ConnectionClosed) error.code.toFixed()
  }
  // @ts-expect-error
  await connect('ws://localhost/', { tls_cat: 1 })
  // @ts-expect-error
  ws.send(5)
  const browser = new WebSocket('ws://localhost/', ['chat'])
  browser.onclose = (event: CloseEvent) => event.reason
  browser.onmessage = event => event.data
  const question: 4 = constants.ASK_RECONNECT
  ws.answer(question, 'wait')
}

void main()
