'use strict'
// The options of a connection, as the library takes them.

const { OptionError } = require('./errors.js')
const { queue } = require('./hub.js')

const DATA_TYPES = ['text', 'blob', 'object']

/** {name: value}, {name: [value, value]}, [[name, value], ...] or Headers, as {name: [values]}. */
function merged(headers) {
  if (typeof headers !== 'object') throw new OptionError('headers: an object, pairs of a name and a value, or Headers')
  const all = Object.create(null)
  for (const [name, value] of typeof headers[Symbol.iterator] === 'function' ? headers : Object.entries(headers)) {
    all[name] = (all[name] ?? []).concat(value)
  }
  return all
}

/** What JSON would leave out, or has no word for, is refused by its name. */
function checked(name, value) {
  if (['bigint', 'function', 'symbol'].includes(typeof value)) throw new OptionError(`option ${name}: it is a ${typeof value}`)
  return value
}

/** An argument that C reads up to a NUL. */
function cText(name, value) {
  const text = String(value)
  if (text.includes('\0')) throw new OptionError(`${name} contains a NUL`)
  return text
}

function objectOf(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('the options are an object')
  return options
}

/** The signal of some options, of which there may be none. */
function signalOf(options) {
  const signal = options?.signal ?? undefined
  // Not instanceof: it may be of another realm.
  if (signal !== undefined && typeof signal.addEventListener !== 'function') throw new TypeError('signal is an AbortSignal')
  if (signal?.aborted) throw signal.reason
  return signal
}

/** Splits what this package does itself from what ws_open() gets, which refuses the names that it does not know. */
function split(options) {
  const { parse = JSON.parse, stringify = JSON.stringify, reconnect = false, data_type = 'text', ...given } = objectOf(options)
  if (!DATA_TYPES.includes(data_type)) {
    throw new OptionError(`data_type is ${JSON.stringify(data_type)}; it is one of ${DATA_TYPES.join(', ')}`)
  }
  if (given.stream_threshold > 0) {
    throw new OptionError('stream_threshold: this package delivers whole messages only')
  }
  if (given.headers) given.headers = merged(given.headers)
  if (reconnect !== false) given.reconnect_max ??= reconnect === true ? -1 : reconnect
  return { parse, stringify, isObject: data_type === 'object', json: JSON.stringify({ ...given, data_type, queue }, checked) }
}

module.exports = { cText, objectOf, signalOf, split }
