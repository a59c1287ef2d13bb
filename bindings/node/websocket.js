'use strict'
// The WebSocket of browsers (https://websockets.spec.whatwg.org), over a connection.

const { Connection } = require('./lib/connection.js')
const { OptionError } = require('./lib/errors.js')

const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3
const BINARY_TYPES = ['blob', 'arraybuffer', 'nodebuffer']
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

class CloseEvent extends Event {
  constructor(type, { code = 0, reason = '', wasClean = false, ...init } = {}) {
    super(type, init)
    this.code = code
    this.reason = reason
    this.wasClean = wasClean
  }
}

const syntaxError = words => new DOMException(words, 'SyntaxError')

function addressOf(url) {
  let parsed
  try {
    parsed = new URL(url)
  } catch {
    throw syntaxError(`${url} is not a URL`)
  }
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:'
  if (parsed.protocol === 'https:') parsed.protocol = 'wss:'
  if (!/^wss?(\+unix)?:$/.test(parsed.protocol)) throw syntaxError(`${parsed.protocol}// is not ws:// or wss://`)
  if (parsed.hash !== '' || parsed.href.endsWith('#')) throw syntaxError('the URL has a fragment')
  return parsed.href
}

function subprotocolsOf(protocols = []) {
  const all = typeof protocols === 'string' ? [protocols] : [...protocols]
  if (new Set(all.map(name => name.toLowerCase())).size !== all.length) throw syntaxError('a subprotocol occurs twice')
  for (const name of all) if (!TOKEN.test(name)) throw syntaxError(`${JSON.stringify(name)} is not a subprotocol`)
  return all.join(',')
}

class WebSocket extends EventTarget {
  #connection
  #state = CONNECTING
  #binaryType = 'blob'
  #handlers = new Map()
  /** Blobs are read asynchronously; what is sent after one waits for it. */
  #reading = Promise.resolve()
  #unread = 0
  #protocol = ''
  #extensions = ''

  constructor(url, protocols) {
    super()
    const address = addressOf(url)
    const isPlain = protocols === undefined || typeof protocols === 'string' || typeof protocols[Symbol.iterator] === 'function'
    const { protocols: named, ...options } = isPlain ? { protocols } : protocols
    const subprotocols = subprotocolsOf(named)
    if (subprotocols) options.subprotocols = subprotocols
    try {
      this.#connection = new Connection(address, { ...options, data_type: 'text' })
    } catch (error) {
      throw error instanceof OptionError && isPlain ? syntaxError(error.message) : error
    }
    this.#listen()
  }

  get url() { return this.#connection.url }
  get readyState() { return this.#state === OPEN && this.#connection.status === 'Closing' ? CLOSING : this.#state }
  get protocol() { return this.#protocol }
  get extensions() { return this.#extensions }
  get bufferedAmount() { return this.#connection.bufferedAmount + this.#unread }

  get binaryType() { return this.#binaryType }
  set binaryType(type) { if (BINARY_TYPES.includes(type)) this.#binaryType = type }

  get onopen() { return this.#handler('open') }
  set onopen(listener) { this.#handle('open', listener) }
  get onmessage() { return this.#handler('message') }
  set onmessage(listener) { this.#handle('message', listener) }
  get onerror() { return this.#handler('error') }
  set onerror(listener) { this.#handle('error', listener) }
  get onclose() { return this.#handler('close') }
  set onclose(listener) { this.#handle('close', listener) }

  send(data) {
    if (this.#state === CONNECTING) throw new DOMException('the connection is not open yet', 'InvalidStateError')
    if (data instanceof Blob) {
      this.#unread += data.size
      this.#sendLater(data.arrayBuffer(), data.size)
    } else if (this.#unread > 0) {
      this.#sendLater(ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? structuredClone(data) : String(data), 0)
    } else {
      this.#sendNow(ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data : String(data))
    }
  }

  close(code, reason = '') {
    if (code !== undefined) code = Math.round(Math.min(Math.max(Number(code) || 0, 0), 65535)) // [Clamp] unsigned short
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`${code} is not 1000, or 3000 to 4999`, 'InvalidAccessError')
    }
    if (Buffer.byteLength(String(reason)) > 123) throw syntaxError('the reason is longer than 123 bytes')
    if (String(reason).includes('\0')) throw syntaxError('the reason contains a NUL')
    if (this.#state === CLOSING || this.#state === CLOSED) return
    // An opening that is given up has failed, even if the server has just agreed.
    if (this.#state === CONNECTING) this.#connection.abort()
    this.#state = CLOSING
    this.#reading.then(() => this.#connection.close(code, String(reason)))
  }

  // ---- inside

  /** What is sent when the connection is ending goes nowhere, and is no error. */
  #sendNow(message) {
    if (this.#connection.status === 'Connected') this.#connection.send(message)
  }

  #sendLater(message, size) {
    this.#unread += size
    this.#reading = Promise.all([message, this.#reading]).then(([ready]) => {
      this.#unread -= size
      this.#sendNow(ready)
    }).catch(() => this.#connection.abort())
  }

  #handler(type) {
    return this.#handlers.get(type)?.listener ?? null
  }

  #handle(type, listener) {
    const entry = this.#handlers.get(type)
    if (entry) this.removeEventListener(type, entry.call)
    this.#handlers.delete(type)
    if (typeof listener !== 'function') return
    const call = event => listener.call(this, event)
    this.#handlers.set(type, { listener, call })
    this.addEventListener(type, call)
  }

  #listen() {
    const connection = this.#connection
    let isFailed = false
    let wasOpen = false
    connection.on('open', () => {
      if (this.#state !== CONNECTING) return
      this.#state = OPEN
      wasOpen = true
      this.#protocol = connection.subprotocol
      this.#extensions = connection.responseHeaders.get('sec-websocket-extensions') ?? ''
      this.dispatchEvent(new Event('open'))
    })
    connection.on('message', message => {
      if (this.#state === OPEN) this.dispatchEvent(new MessageEvent('message', { data: this.#dataOf(message), origin: this.#origin() }))
    })
    connection.on('error', () => { isFailed = true })
    connection.on('close', (code, reason, wasClean) => {
      this.#state = CLOSED
      if (isFailed || !wasOpen) this.dispatchEvent(new Event('error'))
      this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }))
    })
  }

  #dataOf(message) {
    if (typeof message === 'string' || this.#binaryType === 'nodebuffer') return message
    if (this.#binaryType === 'blob') return new Blob([message])
    return message.buffer.slice(message.byteOffset, message.byteOffset + message.byteLength)
  }

  #origin() {
    return new URL(this.url).origin
  }
}

for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  Object.defineProperty(WebSocket, name, { value, enumerable: true })
  Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true })
}

module.exports = { CloseEvent, WebSocket, default: WebSocket }
