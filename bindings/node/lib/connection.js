'use strict'
// A connection: an EventEmitter, and an async iterator of messages.

const { constants: { MAX_STRING_LENGTH } } = require('node:buffer')
const { EventEmitter } = require('node:events')
const constants = require('./constants.js')
const { ConnectionClosed, OpenError, OptionError, refusal } = require('./errors.js')
const hub = require('./hub.js')
const Inbox = require('./inbox.js')
const native = require('./native.js')
const Outbox = require('./outbox.js')
const { cText, objectOf, signalOf, split } = require('./options.js')

const { BLOB, E_AGAIN, E_CLOSED, OBJECT, TEXT } = constants
const EMPTY = Buffer.alloc(0)
/** The close code of RFC 6455. */
const MESSAGE_TOO_BIG = 1009

/** As Headers are made of: ["name", "value", ...] in pairs. */
function headersOf(flat) {
  const headers = new Headers()
  for (let i = 0; i < flat.length; i += 2) {
    try {
      headers.append(flat[i], flat[i + 1])
    } catch {
      // What Headers refuse, although a server sent it, is left out.
    }
  }
  return headers
}

function bytesOf(message) {
  if (ArrayBuffer.isView(message)) return Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (message instanceof ArrayBuffer || message instanceof SharedArrayBuffer) return Buffer.from(message)
  throw new TypeError('a message is a string, a Buffer, an ArrayBuffer or a view of one')
}

class Connection extends EventEmitter {
  #id
  #parse
  #stringify
  #isObject
  #inbox
  #outbox
  #errors = []
  #isOpen = false
  #isKeeping = true
  /** What a read after the last message fails with: set when the connection has ended. */
  #end
  /** What is known of it when the library has forgotten it. */
  #last
  #closing
  #hasFailed = false
  #waiting = []
  #closers = []

  constructor(url, options = {}) {
    super()
    const { json, parse, stringify, isObject } = split(options)
    const id = native.open(cText('url', url), json)
    if (id < 0) throw refusal(id)
    this.#id = id
    this.#parse = parse
    this.#stringify = stringify
    this.#isObject = isObject
    this.#inbox = new Inbox(paused => native.pause(id, paused ? 1 : 0))
    this.#outbox = new Outbox((message, type) => this.#send(message, type))
    hub.connections.set(id, this)
    hub.keepAlive(true)
  }

  // ---- what it is

  get id() {
    return this.#id
  }

  /** "Connecting", "Connected", "Closing" or "Closed". */
  get status() {
    return native.status(this.#id)
  }

  get url() {
    return this.#last?.url ?? String(native.url(this.#id) ?? '')
  }

  /** The one that the server chose, or "". */
  get subprotocol() {
    return this.#last?.subprotocol ?? String(native.subprotocol(this.#id) ?? '')
  }

  /** Those of the server's answer to the upgrade. */
  get responseHeaders() {
    return this.#last?.headers ?? headersOf(native.responseHeaders(this.#id))
  }

  /** Bytes that were accepted and have not left; after the end, those that never left. */
  get bufferedAmount() {
    return this.#last?.unsent ?? Math.max(0, native.bufferedAmount(this.#id)) + this.#outbox.bytes
  }

  /** All that has happened to this connection. */
  explain() {
    return JSON.parse(native.explain(this.#id) ?? '{}')
  }

  // ---- messages

  /**
   * Sends a string, bytes, or with data_type "object" whatever `stringify` takes. False: the send queue is full; the
   * message waits here, and 'drain' says when to go on.
   */
  send(message) {
    if (this.#closing || this.#end) throw this.#end ?? new ConnectionClosed(1006, 'the connection is closing', false)
    if (this.#isObject) return this.#outbox.take(this.#stringified(message), OBJECT)
    if (typeof message === 'string') return this.#outbox.take(message, TEXT)
    return this.#outbox.take(message instanceof Uint8Array ? message : bytesOf(message), BLOB)
  }

  /** The next message. Fails with ConnectionClosed or OpenError at the end, and with the signal's reason. */
  receive(options) {
    let signal
    try {
      signal = signalOf(options)
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#inbox.size > 0) {
      try {
        return Promise.resolve(this.#decoded(this.#inbox.shift()))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    if (this.#end) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      this.#waiting.push(waiter)
      if (signal === undefined) return
      const onAbort = () => {
        this.#waiting = this.#waiting.filter(other => other !== waiter)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const done = settle => value => {
        signal.removeEventListener('abort', onAbort)
        settle(value)
      }
      waiter.resolve = done(resolve)
      waiter.reject = done(reject)
    })
  }

  /** Messages until the connection ends cleanly; ConnectionClosed if it is lost. */
  [Symbol.asyncIterator]() {
    return {
      next: async () => {
        if (this.#inbox.size > 0) return { value: this.#decoded(this.#inbox.shift()), done: false }
        try {
          return { value: await this.receive(), done: false }
        } catch (error) {
          if (error === this.#end && error.wasClean) return { value: undefined, done: true }
          throw error
        }
      },
      return: value => Promise.resolve({ value, done: true }),
      [Symbol.asyncIterator]() { return this }
    }
  }

  // ---- the end

  /** Closes politely: what was sent leaves, and the server answers. Resolves when that is over. */
  async close(code = 1000, reason = '') {
    if (!this.#end && !this.#closing) {
      // C would take the lower 32 bits of a number, and 0 for anything else.
      if (!Number.isInteger(code) || code !== (code | 0)) throw new OptionError(`code: ${String(code)} is not 1000, or 3000 to 4999`)
      const words = cText('reason', reason)
      // What waits here leaves first.
      if (this.#outbox.size === 0 || this.status === 'Connecting') this.#terminate(code, words)
      else this.#terminateLater(code, words)
      this.#inbox.clear()
      this.#closing = true
    }
    // No listener: what another one throws, or who removes all, must not keep this from going on.
    if (!this.#end) await new Promise(resolve => this.#closers.push(resolve))
    const { code: ended, reason: why, wasClean } = this.#last
    return { code: ended, reason: why, wasClean }
  }

  /** Drops the connection and what waits to be sent. */
  abort() {
    this.#closing = true
    this.#inbox.clear()
    this.#outbox.clear()
    native.abort(this.#id)
  }

  // ---- besides

  /** The answer comes as 'pong', with its roundTrip in milliseconds. */
  ping(data = EMPTY) {
    this.#check(native.ping(this.#id, typeof data === 'string' ? Buffer.from(data) : data instanceof Uint8Array ? data : bytesOf(data)))
  }

  /** For the next attempt of a connection with `reconnect`, such as a fresh token; null removes it. */
  setHeader(name, value) {
    this.#check(native.setHeader(this.#id, cText('name', name), value === null ? null : cText('value', value)))
  }

  /** For the next attempt of a connection with `reconnect`. */
  setUrl(url) {
    this.#check(native.setUrl(this.#id, 0, cText('url', url)))
  }

  /** Answers an event 'ask' (option `ask`); `question` is its code. */
  answer(question, value) {
    this.#check(native.answer(this.#id, question, typeof value === 'string' ? value : JSON.stringify(value)))
  }

  /** The program runs as long as this connection lives (the default). */
  ref() {
    return this.#keep(true)
  }

  /** This connection does not keep the program running. */
  unref() {
    return this.#keep(false)
  }

  on(name, listener) {
    super.on(name, listener)
    if (name === 'message') this.#flowSoon()
    return this
  }

  addListener(name, listener) {
    return this.on(name, listener)
  }

  prependListener(name, listener) {
    super.prependListener(name, listener)
    if (name === 'message') this.#flowSoon()
    return this
  }

  // ---- inside

  #decoded(message) {
    return this.#isObject ? this.#parse(message) : message
  }

  #stringified(message) {
    const text = this.#stringify(message)
    if (typeof text !== 'string') throw new TypeError(`there is no JSON of a ${typeof message}`)
    return text
  }

  #check(result) {
    if (result >= 0) return
    throw result === E_CLOSED ? this.#end ?? new ConnectionClosed(1006, 'the connection is closing', false) : refusal(result)
  }

  /** False: there is no room for it. */
  #send(message, type) {
    const result = type === BLOB ? native.sendBytes(this.#id, message) : native.sendText(this.#id, message, type)
    if (result === E_AGAIN) return false
    this.#check(result)
    return true
  }

  #terminate(code, reason) {
    const result = native.terminate(this.#id, code, reason)
    if (result < 0 && result !== E_CLOSED) throw refusal(result)
  }

  #terminateLater(code, reason) {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new OptionError(`code: ${code} is not 1000, or 3000 to 4999`)
    if (Buffer.byteLength(reason) > 123) throw new OptionError('reason: it is longer than 123 bytes')
    this.#outbox.whenEmpty(() => native.terminate(this.#id, code, reason))
  }

  #keep(keeping) {
    if (!this.#end && keeping !== this.#isKeeping) {
      this.#isKeeping = keeping
      hub.keepAlive(keeping)
    }
    return this
  }

  #flowSoon() {
    if (this.#inbox.size > 0) process.nextTick(() => this.#flow())
  }

  #flow() {
    try {
      while (this.#inbox.size > 0 && this.listenerCount('message') > 0) {
        this.emit('message', this.#decoded(this.#inbox.shift()))
      }
    } finally {
      // A listener has thrown: the other messages come all the same.
      if (this.listenerCount('message') > 0) this.#flowSoon()
    }
  }

  /** There is no memory for a message: the connection ends as it does in the library; what came before can be read. */
  #fail(bytes) {
    const words = bytes > MAX_STRING_LENGTH ? `a message of ${bytes} bytes is too long for a string of Node`
      : `there is no memory for a message of ${bytes} bytes`
    this.#errors = [{ code: constants.E_RESOURCES, component: 'ws', message: words }]
    this.#hasFailed = true
    this.#closing = true
    this.#outbox.clear()
    native.abort(this.#id)
  }

  [hub.onMessage](message, bytes) {
    if (this.#closing) return
    if (message === null) {
      this.#fail(bytes)
    } else if (this.#inbox.size > 0) {
      this.#inbox.push(message, bytes)
    } else if (this.#waiting.length > 0) {
      const { resolve, reject } = this.#waiting.shift()
      try {
        resolve(this.#decoded(message))
      } catch (error) {
        reject(error)
      }
    } else if (this.listenerCount('message') > 0) {
      this.emit('message', this.#decoded(message))
    } else {
      this.#inbox.push(message, bytes)
    }
  }

  [hub.onEvent](event) {
    switch (event.type) {
      case 'open':
        this.#isOpen = true
        this.emit('open')
        break
      case 'error':
        if (!this.#hasFailed) this.#errors = event.errors
        break
      case 'terminate':
        this.#onTerminate(this.#hasFailed ? { ...event, code: MESSAGE_TOO_BIG } : event)
        break
      case 'drain':
        this.#drained()
        break
      default:
        try {
          if (event.type === 'expired') this.#drained()
        } finally {
          this.emit(event.type, event)
        }
    }
  }

  #drained() {
    let isEmpty = false
    try {
      isEmpty = this.#outbox.flush()
    } catch (error) {
      if (!(error instanceof OptionError)) return // it is closing
      // It was accepted, and cannot be sent: that is not passed over in silence.
      this.#errors = [{ code: constants.E_TOO_BIG, component: 'ws', message: error.message }]
      this.abort()
    }
    if (isEmpty) this.emit('drain')
  }

  #onTerminate({ code, reason, wasClean }) {
    const id = this.#id
    this.#last = {
      code, reason, wasClean,
      url: this.url, subprotocol: this.subprotocol, headers: this.responseHeaders, unsent: this.bufferedAmount
    }
    if (this.#isOpen) {
      this.#end = new ConnectionClosed(code, reason, wasClean, this.#errors)
    } else {
      const status = native.responseStatus(id)
      const body = native.responseBody(id) ?? EMPTY
      this.#end = new OpenError(this.#errors, status > 0 ? status : undefined, this.#last.headers, body)
    }
    this.#outbox.clear()
    hub.connections.delete(id)
    if (this.#isKeeping) hub.keepAlive(false)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end)
    for (const resolve of this.#closers.splice(0)) resolve()
    // An 'error' that nobody listens to would end the program: who reads or closes is told there.
    try {
      if (this.#errors.length > 0 && this.listenerCount('error') > 0) this.emit('error', this.#end)
    } finally {
      this.emit('close', code, reason, wasClean)
    }
  }
}

if (Symbol.asyncDispose) {
  Connection.prototype[Symbol.asyncDispose] = async function () { await this.close() }
}

/** Opens a connection; resolves when it is open. Fails with OptionError, OpenError, or the signal's reason. */
function connect(url, given = {}) {
  return new Promise((resolve, reject) => {
    const { signal: _, ...options } = objectOf(given)
    const signal = signalOf(given)
    const connection = new Connection(url, options)
    const onAbort = () => {
      connection.abort()
      settle(reject, signal.reason)
    }
    const settle = (how, value) => {
      signal?.removeEventListener('abort', onAbort)
      connection.off('open', onOpen).off('error', onError).off('close', onClose)
      how(value)
    }
    const onOpen = () => settle(resolve, connection)
    const onError = error => settle(reject, error)
    const onClose = () => connection.receive().catch(error => settle(reject, error))
    connection.on('open', onOpen).on('error', onError).on('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

module.exports = { Connection, connect }
