'use strict'
// Messages for which the library had no room. They leave in order, as soon as it has.

const Fifo = require('./fifo.js')

class Outbox {
  #messages = new Fifo()
  #send
  #whenEmpty
  bytes = 0

  /** send(message, type) is false while there is no room. */
  constructor(send) {
    this.#send = send
  }

  get size() {
    return this.#messages.size
  }

  /** True if it has been sent, false if it waits here. */
  take(message, type) {
    if (this.size === 0 && this.#send(message, type)) return true
    const bytes = Buffer.byteLength(message)
    // What the program does with its memory meanwhile does not change the message.
    this.#messages.push({ message: typeof message === 'string' ? message : Buffer.from(message), type, bytes })
    this.bytes += bytes
    return false
  }

  /** Sends what there is room for. True if something waited, and nothing does any more. */
  flush() {
    if (this.size === 0) return false
    while (this.size > 0) {
      const { message, type, bytes } = this.#messages.first
      if (!this.#send(message, type)) return false
      this.#messages.shift()
      this.bytes -= bytes
    }
    this.#whenEmpty?.()
    return true
  }

  whenEmpty(call) {
    this.#whenEmpty = call
  }

  clear() {
    this.#messages.clear()
    this.bytes = 0
  }
}

module.exports = Outbox
