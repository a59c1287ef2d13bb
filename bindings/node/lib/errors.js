'use strict'
// What can go wrong.

const native = require('./native.js')
const constants = require('./constants.js')

/** The base of all errors of this package. */
class HostwsError extends Error {
  get name() {
    return this.constructor.name
  }
}

/** An option, the URL or an argument is refused. Nothing was opened, and nothing sent. */
class OptionError extends HostwsError {}

const sentence = errors => errors.map(error => error.message).join(': ')

/** The connection could not be opened. */
class OpenError extends HostwsError {
  constructor(errors, status, headers, body) {
    super(sentence(errors) || 'the connection could not be opened')
    this.errors = errors
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** The connection has ended. */
class ConnectionClosed extends HostwsError {
  constructor(code, reason, wasClean, errors = []) {
    const words = `closed with ${code}` + (reason ? ` (${reason})` : '')
    super([words, ...errors.map(error => error.message)].join(': '))
    this.code = code
    this.reason = reason
    this.wasClean = wasClean
    this.errors = errors
  }
}

const REFUSED = new Set(['OPTION', 'URL', 'ARGUMENT', 'JSON', 'UTF8', 'TOO_BIG'].map(name => constants[`E_${name}`]))

/** The error that a negative result of the library's last call means. */
function refusal(result) {
  const words = native.lastWords()
  return REFUSED.has(result) ? new OptionError(words) : new HostwsError(words)
}

module.exports = { ConnectionClosed, HostwsError, OpenError, OptionError, refusal }
