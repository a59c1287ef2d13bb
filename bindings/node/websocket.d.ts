/// <reference types="node" />
import { Options } from './index'

export class CloseEvent extends Event {
  constructor(type: string, init?: { code?: number, reason?: string, wasClean?: boolean })
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** A message's `data` is a string, or as `binaryType` says. */
export type BinaryType = 'blob' | 'arraybuffer' | 'nodebuffer'

type Listener<E> = ((event: E) => void) | null

/** The interface of browsers (https://websockets.spec.whatwg.org), over hostws. */
export class WebSocket extends EventTarget {
  static readonly CONNECTING: 0
  static readonly OPEN: 1
  static readonly CLOSING: 2
  static readonly CLOSED: 3
  /** The second argument may also hold the options of hostws, with the subprotocols as `protocols`. */
  constructor(url: string | URL, protocols?: string | readonly string[] | (Options & { protocols?: string | readonly string[] }))
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
  readonly url: string
  readonly protocol: string
  readonly extensions: string
  readonly readyState: 0 | 1 | 2 | 3
  readonly bufferedAmount: number
  binaryType: BinaryType
  onopen: Listener<Event>
  onmessage: Listener<MessageEvent>
  onerror: Listener<Event>
  onclose: Listener<CloseEvent>
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void
  close(code?: number, reason?: string): void
}

export default WebSocket
