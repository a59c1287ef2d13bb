// The interface of browsers, beside the test server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CloseEvent, WebSocket } from 'hostws/websocket'

const { HOSTWS_WS: WS, HOSTWS_NOBODY: NOBODY } = process.env
const next = (ws, type) => new Promise(resolve => ws.addEventListener(type, resolve, { once: true }))

test('open, messages of each binary type, close', async () => {
  const ws = new WebSocket(WS.replace('ws:', 'http:') + '/echo', { close_timeout_ms: 60_000 })
  assert.deepEqual([ws.readyState, ws.binaryType, WebSocket.OPEN, ws.CLOSED], [WebSocket.CONNECTING, 'blob', 1, 3])
  assert.throws(() => ws.send('x'), { name: 'InvalidStateError' })
  await next(ws, 'open')
  assert.deepEqual([ws.readyState, ws.url, ws.protocol], [WebSocket.OPEN, WS + '/echo', ''])
  const back = async message => {
    ws.send(message)
    return (await next(ws, 'message')).data
  }
  assert.equal(await back('hé'), 'hé')
  assert.equal(await back(5), '5')
  assert.equal(await (await back(new Blob(['blob']))).text(), 'blob')
  ws.binaryType = 'arraybuffer'
  ws.binaryType = 'nothing'
  assert.deepEqual(new Uint8Array(await back(new Uint16Array([1]))), new Uint8Array([1, 0]))
  // A blob is read first, and keeps its place.
  const seen = []
  ws.onmessage = ({ data, origin }) => seen.push(typeof data === 'string' ? data : 'bytes', origin)
  ws.send(new Blob(['first']))
  ws.send('second')
  ws.send(new Uint8Array(3))
  while (seen.length < 6) await next(ws, 'message')
  assert.deepEqual(seen, ['bytes', 'second', 'bytes'].flatMap(kind => [kind, WS]))
  assert.throws(() => ws.close(1001), { name: 'InvalidAccessError' })
  assert.throws(() => ws.close(1000, 'x'.repeat(124)), { name: 'SyntaxError' })
  assert.throws(() => ws.close(1000, 'a\0b'), { name: 'SyntaxError' })
  ws.close(3000, 'done')
  assert.equal(ws.readyState, WebSocket.CLOSING)
  ws.send('goes nowhere')
  const closed = await next(ws, 'close')
  assert.ok(closed instanceof CloseEvent)
  assert.deepEqual([closed.code, closed.reason, closed.wasClean, ws.readyState], [3000, 'done', true, WebSocket.CLOSED])
  assert.equal(seen.length, 6)
})

test('subprotocols, as an argument and among the options', async () => {
  for (const given of [['chat', 'v2'], { protocols: ['chat', 'v2'], headers: { 'X-A': 'b' } }]) {
    const ws = new WebSocket(WS + '/sub?choose=v2', given)
    await next(ws, 'open')
    assert.equal(ws.protocol, 'v2')
    ws.close()
    await next(ws, 'close')
  }
})

test('what is refused', () => {
  assert.throws(() => new WebSocket('ftp://x'), { name: 'SyntaxError' })
  assert.throws(() => new WebSocket('nowhere'), { name: 'SyntaxError' })
  assert.throws(() => new WebSocket(WS + '/#part'), { name: 'SyntaxError' })
  assert.throws(() => new WebSocket(WS, ['a', 'A']), { name: 'SyntaxError' })
  assert.throws(() => new WebSocket(WS, 'not a token'), { name: 'SyntaxError' })
  assert.throws(() => new WebSocket(WS, { tls_cat: 1 }), /tls_cat/)
})

test('an opening that fails or is given up: error, then close', async () => {
  const givenUp = new WebSocket(WS + '/echo')
  givenUp.close()
  await Promise.all([new WebSocket(NOBODY), givenUp].map(async ws => {
    const seen = []
    ws.onerror = event => seen.push(event.type)
    const closed = await next(ws, 'close')
    assert.deepEqual([seen, closed.code, closed.wasClean], [['error'], 1006, false])
  }))
})

test('the attributes for handlers replace each other', async () => {
  const ws = new WebSocket(WS + '/close?code=4001&reason=late')
  ws.onclose = () => assert.fail()
  ws.onclose = null
  assert.equal(ws.onclose, null)
  const closed = await new Promise(resolve => { ws.onclose = resolve })
  assert.deepEqual([closed.code, closed.reason], [4001, 'late'])
})
