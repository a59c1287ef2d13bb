'use strict'

const { Connection, connect } = require('./lib/connection.js')
const { ConnectionClosed, HostwsError, OpenError, OptionError } = require('./lib/errors.js')
const constants = require('./lib/constants.js')
const native = require('./lib/native.js')

/** The version of the library in use. */
const libraryVersion = () => native.version()

module.exports = { Connection, ConnectionClosed, HostwsError, OpenError, OptionError, connect, constants, libraryVersion }
