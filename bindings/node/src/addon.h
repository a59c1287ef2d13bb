/* What the files of the addon share. */
#ifndef HOSTWS_ADDON_H
#define HOSTWS_ADDON_H

#define NAPI_VERSION 8
#include <hostws.h>
#include <node_api.h>

#ifdef _WIN32
#define HOSTWS_BY_WAKEUP
#endif
#ifndef HOSTWS_BY_WAKEUP
#include <uv.h>
#endif

enum { BATCH = 256, SCRATCH = 16 * 1024, MOST_ARGUMENTS = 4 };
enum { INTS = 4 }; /* connection, kind, offset, length */

/* Each environment (the main thread, each worker thread) has one, with a queue of its own. */
typedef struct {
    napi_env env;
    ws_queue queue;
    napi_ref on_events, receiver;
    napi_async_context context;
    int32_t *table; /* INTS for each event of a batch; JavaScript reads it in place */
    napi_ref table_ref;
    ws_event events[BATCH];
    char scratch[SCRATCH];
#ifdef HOSTWS_BY_WAKEUP
    napi_threadsafe_function wakeup;
#else
    uv_poll_t poll;
    napi_async_cleanup_hook_handle cleanup;
#endif
} instance;

/* ---- values.c ---- */

napi_value number(napi_env env, double value);
napi_value text(napi_env env, const char *bytes, size_t length);
napi_value words(napi_env env, const char *bytes);
/* A Buffer; NULL if there is no memory. */
napi_value bytes_of(napi_env env, const char *bytes, size_t length);
void set(napi_env env, napi_value object, const char *name, napi_value value);

/* The instance, and in `given` the MOST_ARGUMENTS that a function was called with. */
instance *arguments(napi_env env, napi_callback_info info, napi_value *given);
int32_t integer(napi_env env, napi_value value);

/*
 * A string as UTF-8, with its length and a NUL: in the instance's scratch if it fits, else in memory to be freed by
 * drop(). NULL if there is no memory, or `value` is no string, as null is.
 */
char *utf8(instance *self, napi_value value, size_t *length);
void drop(instance *self, char *string);

/* ---- events.c ---- */

/* What waits in the queue, but not for ever: Node has other things to do, and is told again. */
void pump(instance *self);

/* ---- loop.c ---- */

/* Pumps in Node's loop whenever the queue has events. Returns 0 if that cannot be. */
int watch(instance *self);
/* Whether the loop, and with it the program, goes on for the queue's sake. */
void keep_alive(instance *self, int alive);

#endif
