// The package as it was installed, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, ConnectionClosed, HostwsError, OpenError, OptionError, connect, constants, libraryVersion } from 'hostws'

const { HOSTWS_WS: WS, HOSTWS_NOBODY: NOBODY } = process.env
// For a test that looks at the end: a server that is slow is no server that does not answer.
const patient = { close_timeout_ms: 60_000 }
const in30s = () => ({ signal: AbortSignal.timeout(30_000) })

test('messages come back as they were sent', async () => {
  const ws = await connect(WS + '/echo', patient)
  const sizes = [0, 2, 4096, 4097, 100_000].map(size => Buffer.alloc(size, 255))
  for (const message of ['hello', 'héllo €, 日本 \0 end', '', 'x'.repeat(1 << 20), '€'.repeat(6000), ...sizes]) {
    assert.equal(ws.send(message), true)
    assert.deepEqual(await ws.receive(in30s()), message)
  }
  const words = new Uint16Array([1, 2, 3])
  ws.send(words)
  assert.deepEqual(await ws.receive(in30s()), Buffer.from([1, 0, 2, 0, 3, 0]))
  ws.send(words.buffer)
  assert.deepEqual(await ws.receive(in30s()), Buffer.from([1, 0, 2, 0, 3, 0]))
  ws.send(new DataView(words.buffer, 2, 2))
  assert.deepEqual(await ws.receive(in30s()), Buffer.from([2, 0]))
  assert.throws(() => ws.send({}), TypeError)
  assert.throws(() => ws.send(5), TypeError)
  assert.deepEqual(await ws.close(4000, 'enough'), { code: 4000, reason: 'enough', wasClean: true })
})

test('objects are parsed, and by another parser too', async () => {
  const options = { data_type: 'object', parse: text => [text], stringify: () => '{"a":1.10}' }
  const [ws, own] = await Promise.all([connect(WS + '/echo', { data_type: 'object' }), connect(WS + '/echo', options)])
  ws.send({ names: ['ä'], price: 1.5 })
  own.send(0)
  assert.deepEqual(await ws.receive(in30s()), { names: ['ä'], price: 1.5 })
  assert.deepEqual(await own.receive(in30s()), ['{"a":1.10}'])
  await Promise.all([ws.close(), own.close()])
})

test('a listener gets what came before it, in order, and the close last', async () => {
  const ws = await connect(WS + '/flood?n=20000&size=16')
  await sleep(100)
  const seen = []
  ws.on('close', () => seen.push('close'))
  await new Promise(resolve => ws.on('message', message => {
    seen.push(parseInt(message, 10))
    if (seen.length === 20_000) resolve()
  }))
  await ws.close()
  assert.deepEqual(seen, [...Array(20_000).keys(), 'close'])
})

test('small binary messages, many at once, are each their own', async () => {
  const ws = await connect(WS + '/flood-binary?n=5000&size=900')
  let expected = 0
  for await (const message of ws) {
    assert.equal(message.length, 900)
    assert.equal(parseInt(message.toString('latin1'), 10), expected)
    assert.ok(message.buffer.byteLength <= 65536, 'what is kept holds a slab and no more')
    if (++expected === 5000) break
  }
  ws.abort()
})

test('an iteration ends with a clean end, and fails at one that was not', async () => {
  const ws = await connect(WS + '/close?code=1000')
  for await (const message of ws) assert.fail(message)
  const lost = await connect(WS + '/drop')
  await assert.rejects(async () => { for await (const message of lost) assert.fail(message) }, error => {
    assert.ok(error instanceof ConnectionClosed && error instanceof HostwsError && error.name === 'ConnectionClosed')
    assert.deepEqual([error.code, error.wasClean, error.errors[0].component], [1006, false, 'ws'])
    return true
  })
  await assert.rejects(lost.receive(), ConnectionClosed)
  assert.throws(() => lost.send('x'), ConnectionClosed)
})

test('a refused option, and an opening that fails', async () => {
  assert.throws(() => new Connection(WS, { tls_cat: 'x' }), error => error instanceof OptionError && /tls_cat/.test(error.message))
  await assert.rejects(connect('nowhere'), OptionError)
  await assert.rejects(connect(WS, { stream_threshold: 5000 }), /stream_threshold/)
  await assert.rejects(connect(NOBODY), error => {
    assert.ok(error instanceof OpenError)
    assert.ok(error.errors.some(cause => cause.component === 'tcp'))
    assert.equal(error.status, undefined)
    return true
  })
  await assert.rejects(connect(WS + '/no-such-path'), error => {
    assert.deepEqual([error.status, String(error.body)], [404, 'there is nothing here'])
    assert.ok(error.headers instanceof Headers)
    return true
  })
})

test('events: an error if somebody listens, and always a close', async () => {
  const told = []
  const listening = new Connection(NOBODY).on('error', error => told.push(error.constructor.name))
  const codes = [listening, new Connection(NOBODY)].map(ws => new Promise(resolve => ws.on('close', resolve)))
  assert.deepEqual(await Promise.all(codes), [1006, 1006])
  assert.deepEqual(told, ['OpenError'])
})

test('signals give up a wait and an opening', async () => {
  const ws = await connect(WS + '/echo')
  await assert.rejects(ws.receive({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' })
  await assert.rejects(ws.receive({ signal: AbortSignal.abort(new Error('no')) }), /no/)
  ws.send('still open')
  assert.equal(await ws.receive(in30s()), 'still open')
  await ws.close()
  await assert.rejects(connect(WS + '/echo', { signal: AbortSignal.abort(new Error('never')) }), /never/)
  const controller = new AbortController()
  const opening = connect(WS + '/echo', { signal: controller.signal })
  controller.abort(new Error('given up'))
  await assert.rejects(opening, /given up/)
})

test('a full send queue: what is sent all the same keeps its place, and is as it was', async () => {
  const ws = await connect(WS + '/echo', { send_queue_max: 200_000 })
  const count = 300
  const reading = (async () => {
    for (let i = 0; i < count; i++) assert.equal((await ws.receive(in30s()))[0], i % 256)
  })()
  const reused = Buffer.alloc(50_000)
  for (let i = 0; i < count; i++) {
    reused[0] = i % 256
    if (!ws.send(reused) && i % 2) await once(ws, 'drain', in30s())
  }
  await reading
  await ws.close()
})

test('a full send queue: a drain tells when there is room', async () => {
  const ws = await connect(WS + '/stall?for=2000', { send_queue_max: 200_000 })
  while (ws.send('x'.repeat(50_000)));
  assert.equal(ws.send('more'), false)
  await once(ws, 'drain', in30s())
  assert.equal(ws.send('again'), true)
  await ws.close()
})

test('what waits in a full send queue leaves before the close', async () => {
  const ws = await connect(WS + '/count', { send_queue_max: 200_000, ...patient })
  let sent = 1
  while (ws.send('x'.repeat(50_000))) assert.ok(++sent < 100_000)
  for (let i = 0; i < 5; i++, sent++) ws.send(`${i}`)
  await assert.rejects(ws.close(999), OptionError)
  const { reason, wasClean } = await ws.close()
  assert.deepEqual([reason, wasClean], [`${sent}`, true])
})

test('a connection that nobody reads is paused, and others are not', async () => {
  const slow = await connect(WS + '/flood?n=1000000&size=1000')
  const quick = await connect(WS + '/echo')
  for (let i = 0; i < 200; i++) {
    quick.send('x')
    assert.equal(await quick.receive(in30s()), 'x')
  }
  await sleep(300)
  const before = process.memoryUsage().rss
  await sleep(300)
  assert.ok(process.memoryUsage().rss - before < 64 << 20)
  for (let i = 0; i < 5000; i++) assert.equal(parseInt(await slow.receive(in30s()), 10), i)
  slow.abort()
  await quick.close()
})

test('it reconnects and tells', async () => {
  const told = []
  const options = { reconnect: true, reconnect_codes: '4001', reconnect_min_ms: 1, reconnect_max_ms: 2 }
  const ws = await connect(WS + '/late-close', options)
  // As it is printed.
  const readme = fs.readFileSync(process.env.HOSTWS_README, 'utf8')
  new Function('ws', readme.match(/^```js\n(ws\.on\('reconnected'.*?)^```/ms)[1])(ws)
  const done = new Promise(resolve => ws.on('reconnected', () => {
    if (told.length >= 6) resolve()
  }))
  for (const name of ['reconnecting', 'reconnected']) ws.prependListener(name, event => told.push(event.type))
  ws.send('subscribe')
  await done
  assert.deepEqual(told.slice(0, 4), ['reconnecting', 'reconnected', 'reconnecting', 'reconnected'])
  ws.setHeader('X-Token', 'fresh')
  ws.setHeader('X-Token', null)
  ws.setUrl(WS + '/echo')
  assert.throws(() => ws.setUrl('nowhere'), OptionError)
  ws.abort()
})

test('a question is answered', async () => {
  const ws = await connect(WS + '/late-close', { reconnect: 5, reconnect_codes: '4001', ask: constants.ASK_RECONNECT })
  ws.on('ask', event => {
    assert.equal(event.flags, constants.ASK_RECONNECT)
    assert.equal(JSON.parse(event.data).attempt, 1)
    ws.answer(event.code, 'refuse')
  })
  ws.send('x')
  await assert.rejects(ws.receive(in30s()), { code: 4001 })
})

test('ping, facts, and those that outlive the connection', async () => {
  const ws = await connect(WS + '/sub?choose=chat', { subprotocols: 'chat', headers: new Headers({ 'X-A': 'b' }), ...patient })
  ws.ping('p')
  const [pong] = await once(ws, 'pong', in30s())
  assert.deepEqual([pong.type, String(pong.data)], ['pong', 'p'])
  assert.ok(pong.roundTrip > 0)
  assert.throws(() => ws.ping('x'.repeat(126)), OptionError)
  assert.deepEqual([ws.status, ws.subprotocol, ws.bufferedAmount], ['Connected', 'chat', 0])
  await ws.close()
  assert.deepEqual([ws.status, ws.subprotocol, ws.url], ['Closed', 'chat', WS + '/sub?choose=chat'])
  assert.equal(ws.responseHeaders.get('upgrade').toLowerCase(), 'websocket')
  assert.equal(ws.explain().close.code, 1000)
  assert.match(libraryVersion(), /^\d+\.\d+\.\d+$/)
})

test('headers that repeat, in each form', async () => {
  for (const headers of [[['X-T', 'one'], ['X-T', 'two']], { 'X-T': ['one', 'two'] }]) {
    const ws = await connect(WS + '/headers', { headers })
    assert.deepEqual(JSON.parse(await ws.receive(in30s()))['x-t'], ['one', 'two'])
    await ws.close()
  }
})

test('what C or JSON would misunderstand is refused, and nothing is lost by it', async () => {
  await assert.rejects(connect(WS + '/echo\0/other'), /url contains a NUL/)
  for (const value of [5n, () => 1, Symbol('x')]) await assert.rejects(connect(WS, { open_timeout_ms: value }), /option open_timeout_ms/)
  await assert.rejects(connect(WS, { headers: 5 }), /^OptionError: headers/)
  for (const options of [null, 5, 'x']) await assert.rejects(connect(WS, options), /the options are an object/)
  await assert.rejects(connect(WS, { signal: 5 }), /signal is an AbortSignal/)
  const ws = await connect(WS + '/echo', { reconnect: true, data_type: 'object' })
  for (const message of [undefined, () => 1, Symbol('x')]) assert.throws(() => ws.send(message), /there is no JSON/)
  for (const signal of [5, {}]) await assert.rejects(ws.receive({ signal }), /signal is an AbortSignal/)
  for (const call of [() => ws.setHeader('a\0', 'b'), () => ws.setHeader('a', 'b\0'), () => ws.setUrl(WS + '/\0')]) {
    assert.throws(call, /contains a NUL/)
  }
  for (const code of ['4000', 1.5, NaN, null, 2 ** 32 + 4000, 1n]) await assert.rejects(ws.close(code), OptionError)
  await assert.rejects(ws.close(4000, 'a\0b'), /reason contains a NUL/)
  const receiving = ws.receive(in30s())
  ws.send([1])
  assert.deepEqual(await receiving, [1])
  await ws.close()
})

test('close() resolves whatever the listeners do', async () => {
  const ws = await connect(WS + '/echo', patient)
  const closing = ws.close(4001)
  ws.removeAllListeners()
  assert.equal((await closing).code, 4001)
})
