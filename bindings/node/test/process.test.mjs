// Programs of their own: their end, worker threads, and those of the README, whose path is HOSTWS_README.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const { HOSTWS_WS: WS, HOSTWS_README: README } = process.env
const here = fileURLToPath(new URL('.', import.meta.url))

/** Runs a program in this folder, where the package is found. */
function run(name, text, ...given) {
  const file = here + name
  fs.writeFileSync(file, text)
  return new Promise(resolve => {
    execFile(process.execPath, [file, ...given], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr })
    })
  })
}

test('the programs of the README run as they are printed', async () => {
  const programs = [...fs.readFileSync(README, 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(match => match[1])
    .filter(text => text.includes('process.argv'))
  const said = ['hello\n', 'hello\n1000 \n', 'hello\n']
  assert.equal(programs.length, said.length)
  for (const [i, text] of programs.entries()) {
    assert.ok(text.split('\n').filter(line => line.trim()).length <= 15)
    const name = `readme${i}.${text.includes('require(') ? 'cjs' : 'mjs'}`
    assert.deepEqual(await run(name, text, WS + '/echo'), { code: 0, stdout: said[i], stderr: '' })
  }
})

test('a connection keeps the program running, and one that is unref()ed does not', async () => {
  const done = await run('unref.mjs', `
    import { connect } from 'hostws'
    const ws = await connect(process.argv[2])
    ws.unref().ref().unref()
    setTimeout(() => console.log('never'), 600_000).unref()
    console.log(ws.status)
  `, WS + '/echo')
  assert.deepEqual(done, { code: 0, stdout: 'Connected\n', stderr: '' })
})

test('a message for which there is no memory ends its connection and no other', { skip: process.platform !== 'linux' }, async () => {
  const done = await run('memory.mjs', `
    import { execFileSync } from 'node:child_process'
    import fs from 'node:fs'
    import { connect } from 'hostws'
    const other = await connect(process.argv[2] + '/echo')
    // Node's own begin to compile WebAssembly in the background, which needs far more.
    globalThis.Headers = class { append() {} }
    const used = fs.readFileSync('/proc/self/status', 'utf8').match(/VmSize:\\s*(\\d+)/)[1] * 1024
    // The library needs it once, and the program as much again.
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (used + 100e6)])
    const ws = await connect(process.argv[2] + '/flood-binary?n=1&size=60000000')
    await ws.receive().then(console.log, ({ code, wasClean, errors }) => console.log(code, wasClean, errors[0].message))
    other.send('on')
    console.log(await other.receive())
    await other.close()
  `, WS)
  assert.deepEqual(done, { code: 0, stdout: '1009 false there is no memory for a message of 60000000 bytes\non\n', stderr: '' })
})

test('what was sent leaves at process.exit(), in the middle of a flood too', async () => {
  const done = await run('exit.mjs', `
    import { connect } from 'hostws'
    const ws = await connect(process.argv[2])
    const flood = await connect(process.argv[3])
    flood.on('message', () => {
      ws.send('x'.repeat(1000))
      process.exit(3)
    })
  `, WS + '/echo', WS + '/flood?n=1000000&size=1000')
  assert.deepEqual(done, { code: 3, stdout: '', stderr: '' })
})

test('a listener that throws is uncaught, and the other messages come', async () => {
  const done = await run('throws.mjs', `
    import { connect } from 'hostws'
    const ws = await connect(process.argv[2])
    const caught = []
    process.on('uncaughtException', error => caught.push(error.message))
    let count = 0
    process.on('exit', () => console.log(count, ...caught))
    ws.on('message', message => {
      const number = parseInt(message, 10)
      if (++count === 1000) ws.abort()
      if (number === 7 || number === 507) throw new Error(number)
    })
  `, WS + '/flood?n=1000&size=16')
  assert.deepEqual(done, { code: 0, stdout: '1000 7 507\n', stderr: '' })
})

test('a listener of any event that throws is uncaught, and what comes behind comes', async () => {
  const done = await run('throws-at-all.mjs', `
    import { Connection } from 'hostws'
    const caught = []
    process.on('uncaughtException', error => caught.push(error.message))
    const ws = new Connection(process.argv[2], { send_queue_max: 200_000 })
    let echoes = 0
    for (const name of ['open', 'message', 'pong', 'drain', 'close']) ws.on(name, () => { throw new Error(name) })
    ws.prependListener('open', () => {
      ws.ping()
      while (ws.send('x'.repeat(50_000))) echoes--
      echoes--
    })
    ws.prependListener('message', () => {
      if (++echoes === 0) ws.close().then(() => caught.push('closed'))
    })
    process.on('exit', () => console.log(echoes, ...new Set(caught)))
  `, WS + '/echo')
  assert.equal(done.stderr, '')
  assert.deepEqual(done.stdout.trim().split(' ').sort(), ['0', 'close', 'closed', 'drain', 'message', 'open', 'pong'])
})

test('worker threads have connections of their own', async () => {
  const file = here + 'worker.mjs'
  fs.writeFileSync(file, `
    import { parentPort, workerData } from 'node:worker_threads'
    import { connect } from 'hostws'
    const ws = await connect(workerData + '/echo')
    ws.send('hello')
    parentPort.postMessage(await ws.receive())
    const flood = await connect(workerData + '/flood-binary?n=1000000&size=64')
    let count = 0
    flood.on('message', () => { if (++count === 5000) parentPort.postMessage('flood') })
  `)
  for (let round = 0; round < 3; round++) {
    const workers = [0, 1].map(() => new Worker(file, { workerData: WS }))
    await Promise.all(workers.map(worker => new Promise((resolve, reject) => {
      worker.on('message', said => said === 'flood' ? resolve() : assert.equal(said, 'hello'))
      worker.on('error', reject)
    })))
    // In the middle of the flood.
    assert.deepEqual(await Promise.all(workers.map(worker => worker.terminate())), [1, 1])
  }
})

test('the package of a platform says for which it is, and the main one names it', () => {
  const require = createRequire(import.meta.url)
  const glibc = process.report.getReport().header.glibcVersionRuntime
  const libc = process.platform === 'linux' ? [glibc ? 'glibc' : 'musl'] : undefined
  const name = ['@hostws/' + process.platform, process.arch, libc && (glibc ? 'gnu' : 'musl')].filter(Boolean).join('-')
  const part = require(name + '/package.json')
  assert.deepEqual([part.os, part.cpu, part.libc], [[process.platform], [process.arch], libc])
  assert.equal(require('hostws/package.json').optionalDependencies[name], part.version)
})

test('a package that is not installed is named', async () => {
  const done = await run('missing.cjs', `
    const Module = require('node:module')
    const find = Module._resolveFilename
    Module._resolveFilename = function (request, ...rest) {
      if (request.startsWith('@hostws/')) throw Object.assign(new Error(request), { code: 'MODULE_NOT_FOUND' })
      return find.call(this, request, ...rest)
    }
    try { require('hostws') } catch (error) { console.log(error.message) }
  `)
  assert.match(done.stdout, /@hostws\/\w+-\w+.*not installed/)
})
