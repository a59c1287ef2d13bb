'use strict'
// Messages that nobody has taken yet. When they are many, the connection is paused, so that its server waits.

const Fifo = require('./fifo.js')

const MANY = { messages: 1024, bytes: 1 << 20 }
const FEW = { messages: 256, bytes: 1 << 18 }

class Inbox {
  #messages = new Fifo()
  #lengths = new Fifo()
  #bytes = 0
  #isPaused = false
  #pause

  constructor(pause) {
    this.#pause = pause
  }

  get size() {
    return this.#messages.size
  }

  push(message, bytes) {
    this.#messages.push(message)
    this.#lengths.push(bytes)
    this.#bytes += bytes
    if (!this.#isPaused && (this.size >= MANY.messages || this.#bytes >= MANY.bytes)) this.#pause(this.#isPaused = true)
  }

  shift() {
    this.#bytes -= this.#lengths.shift()
    const message = this.#messages.shift()
    if (this.#isPaused && this.size <= FEW.messages && this.#bytes <= FEW.bytes) this.#pause(this.#isPaused = false)
    return message
  }

  clear() {
    this.#messages.clear()
    this.#lengths.clear()
    this.#bytes = 0
    if (this.#isPaused) this.#pause(this.#isPaused = false)
  }
}

module.exports = Inbox
