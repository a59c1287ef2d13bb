'use strict'

/** First in, first out, without moving what is in it. */
class Fifo {
  #items = []
  #first = 0

  get size() {
    return this.#items.length - this.#first
  }

  push(item) {
    this.#items.push(item)
  }

  get first() {
    return this.#items[this.#first]
  }

  shift() {
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.#first === this.#items.length) {
      this.#items = []
      this.#first = 0
    } else if (this.#first === 1024) {
      this.#items = this.#items.slice(1024)
      this.#first = 0
    }
    return item
  }

  clear() {
    this.#items = []
    this.#first = 0
  }
}

module.exports = Fifo
