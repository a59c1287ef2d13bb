/// <reference types="node" />
import { EventEmitter } from 'node:events'
import { constants } from './lib/constants'
import { LibraryOptions } from './lib/options'

export { constants }

/** One entry of a stack of errors: the general one first, then its causes. */
export interface Cause {
  code: number
  /** "ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os". */
  component: string
  message: string
}

/** The base of all errors of this package. */
export class HostwsError extends Error {}

/** An option, the URL or an argument is refused. Nothing was opened, and nothing sent. */
export class OptionError extends HostwsError {}

/** The connection could not be opened. */
export class OpenError extends HostwsError {
  readonly errors: readonly Cause[]
  /** The HTTP status with which the server refused. */
  readonly status: number | undefined
  readonly headers: Headers
  readonly body: Buffer
}

/** The connection has ended. */
export class ConnectionClosed extends HostwsError {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
  readonly errors: readonly Cause[]
}

/** Something that is no message: see HOSTWS_EVENT_ in hostws.h. */
export interface Event {
  type: 'pong' | 'warning' | 'reconnecting' | 'reconnected' | 'ask' | 'expired'
  code: number
  errors: readonly Cause[]
  /** Milliseconds until the attempt. */
  delay: number
  /** Milliseconds since the ping. */
  roundTrip: number
  /** What a question is about: an ASK_ constant. */
  flags: number
  /** The payload of a pong; the facts of a question, as JSON. */
  data: Buffer | string
}

/** What the next message of a connection is. */
export type Received<T extends DataType> = T extends 'object' ? any : T extends 'blob' ? Buffer : string | Buffer

export type DataType = 'text' | 'blob' | 'object'

/** Every option of ws_options in hostws.h by its name, and those of this package. */
export interface Options<T extends DataType = 'text'> extends LibraryOptions {
  /** "text" (default): messages are strings, binary ones Buffers; "blob": Buffers; "object": what `parse` makes of JSON. */
  data_type?: T
  headers?: Record<string, string | readonly string[]> | Iterable<readonly [string, string]>
  /** The connection is opened again when it is lost: true, or a number of attempts in a row. */
  reconnect?: boolean | number
  /** Instead of JSON.parse. */
  parse?: (text: string) => any
  /** Instead of JSON.stringify. */
  stringify?: (value: any) => string
}

export interface Closed {
  code: number
  reason: string
  wasClean: boolean
}

export interface Connection<T extends DataType = 'text'> {
  on(name: 'open' | 'drain', listener: () => void): this
  on(name: 'message', listener: (message: Received<T>) => void): this
  on(name: 'error', listener: (error: OpenError | ConnectionClosed) => void): this
  on(name: 'close', listener: (code: number, reason: string, wasClean: boolean) => void): this
  on(name: Event['type'], listener: (event: Event) => void): this
  once(name: 'open' | 'drain', listener: () => void): this
  once(name: 'message', listener: (message: Received<T>) => void): this
  once(name: 'error', listener: (error: OpenError | ConnectionClosed) => void): this
  once(name: 'close', listener: (code: number, reason: string, wasClean: boolean) => void): this
  once(name: Event['type'], listener: (event: Event) => void): this
}

/** A connection: an EventEmitter, and an async iterable of messages. */
export class Connection<T extends DataType = 'text'> extends EventEmitter implements AsyncIterable<Received<T>> {
  /** Begins to open; 'open' or 'close' follows. Throws OptionError. */
  constructor(url: string | URL, options?: Options<T>)
  readonly id: number
  readonly status: 'Connecting' | 'Connected' | 'Closing' | 'Closed'
  readonly url: string
  /** The one that the server chose, or "". */
  readonly subprotocol: string
  readonly responseHeaders: Headers
  /** Bytes that were accepted and have not left; after the end, those that never left. */
  readonly bufferedAmount: number
  /** All that has happened to this connection. */
  explain(): Record<string, unknown>
  /** False: the send queue is full; the message waits, and 'drain' says when to go on. */
  send(message: T extends 'object' ? any : string | ArrayBuffer | SharedArrayBuffer | ArrayBufferView): boolean
  /** The next message. Fails with ConnectionClosed or OpenError at the end, and with the signal's reason. */
  receive(options?: { signal?: AbortSignal }): Promise<Received<T>>
  /** Messages until the connection ends cleanly; ConnectionClosed if it is lost. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Received<T>>
  /** Closes politely: what was sent leaves, and the server answers. */
  close(code?: number, reason?: string): Promise<Closed>
  /** Drops the connection and what waits to be sent. */
  abort(): void
  /** The answer comes as 'pong'. */
  ping(data?: string | Uint8Array): void
  /** For the next attempt of a connection with `reconnect`; null removes the header. */
  setHeader(name: string, value: string | null): void
  /** For the next attempt of a connection with `reconnect`. */
  setUrl(url: string | URL): void
  /** Answers an event 'ask'; `question` is its code. */
  answer(question: number, value: string | object): void
  /** The program runs as long as this connection lives (the default). */
  ref(): this
  /** This connection does not keep the program running. */
  unref(): this
}

/** Opens a connection; resolves when it is open. Fails with OptionError, OpenError, or the signal's reason. */
export function connect<T extends DataType = 'text'>(
  url: string | URL, options?: Options<T> & { signal?: AbortSignal }
): Promise<Connection<T>>

/** The version of the library in use. */
export function libraryVersion(): string
