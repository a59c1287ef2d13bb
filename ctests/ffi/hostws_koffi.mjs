// What Node calls of hostws, for koffi; HOSTWS_SHARED_LIBRARY names the library.

import koffi from 'koffi'

export { koffi }
export const OPEN = 1, MESSAGE = 2, ERROR = 3, TERMINATE = 4
export const TEXT = 1, BLOB = 2

export const ErrorEntry = koffi.struct('ws_error', {
  code: 'int32_t', message: 'const char *', component: 'const char *'
})
export const Event = koffi.struct('ws_event', {
  struct_size: 'uint32_t', type: 'int32_t', ws: 'int32_t', data_type: 'int32_t', data: 'void *', length: 'int64_t',
  errors: 'void *', error_count: 'int32_t', code: 'int32_t', reason: 'const char *', was_clean: 'int32_t',
  flags: 'uint32_t', time_us: 'uint64_t', user_data: 'void *', round_trip_us: 'uint64_t',
  delay_ms: 'int64_t'
})

const library = koffi.load(process.env.HOSTWS_SHARED_LIBRARY)
export const ws_open = library.func('int32_t ws_open(const char *url, const char *options_json, void *user_data)')
export const ws_send = library.func('int32_t ws_send(int32_t ws, const void *data, int64_t length, int32_t data_type)')
export const ws_terminate = library.func('int32_t ws_terminate(int32_t ws, int32_t code, const char *reason)')
export const ws_status = library.func('int32_t ws_status(int32_t ws)')
export const ws_next = library.func('const ws_event *ws_next(int32_t queue, int32_t timeout_ms)')
export const ws_next_batch = library.func(
  'int32_t ws_next_batch(int32_t queue, void *events, int32_t capacity, int32_t timeout_ms)')
export const ws_queue_fd = library.func('intptr_t ws_queue_fd(int32_t queue)')
export const ws_last_error = library.func('int32_t ws_last_error()')
export const ws_last_error_message = library.func('const char *ws_last_error_message()')
