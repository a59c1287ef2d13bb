'use strict'
// The options of a connection, as the library takes them.

const { OptionError } = require('./errors.js')
const { queue } = require('./hub.js')

const DATA_TYPES = ['text', 'blob', 'object']

/** {name: value}, {name: [value, value]}, [[name, value], ...] or Headers, as {name: [values]}. */
function merged(headers) {
  const all = Object.create(null)
  for (const [name, value] of typeof headers[Symbol.iterator] === 'function' ? headers : Object.entries(headers)) {
    all[name] = (all[name] ?? []).concat(value)
  }
  return all
}

/** Splits what this package does itself from what ws_open() gets, which refuses the names that it does not know. */
function split({ parse = JSON.parse, stringify = JSON.stringify, reconnect = false, data_type = 'text', ...given }) {
  if (!DATA_TYPES.includes(data_type)) {
    throw new OptionError(`data_type is ${JSON.stringify(data_type)}; it is one of ${DATA_TYPES.join(', ')}`)
  }
  if (given.stream_threshold > 0) {
    throw new OptionError('stream_threshold: this package delivers whole messages only')
  }
  if (given.headers) given.headers = merged(given.headers)
  if (reconnect !== false) given.reconnect_max ??= reconnect === true ? -1 : reconnect
  return { parse, stringify, isObject: data_type === 'object', json: JSON.stringify({ ...given, data_type, queue }) }
}

module.exports = split
