/*
 * hostws for Node: the calls of the library, and its events, many in one call of JavaScript.
 *
 * Each environment (the main thread, each worker thread) has an instance of this addon, with a queue of its own.
 * libuv watches the queue's descriptor. Windows has none: there, and with HOSTWS_BY_WAKEUP, the library's wake-up
 * function posts to Node's loop.
 */
#define NAPI_VERSION 8
#include <hostws.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define HOSTWS_BY_WAKEUP
#endif
#ifndef HOSTWS_BY_WAKEUP
#include <uv.h>
#endif

enum { BATCH = 256, BATCHES_A_TURN = 8, SMALL = 4096, SLAB = 64 * 1024, SCRATCH = 16 * 1024 };

/* What an entry of the slab is, for lib/hub.js: a payload inside the slab; a message of its own; any other event. */
enum { IN_SLAB = 0, MESSAGE = 1, EVENT = 2 };
enum { INTS = 4 }; /* connection, kind, offset, length */

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

/* ---- values ---- */

static instance *of(napi_env env)
{
    void *data = NULL;
    napi_get_instance_data(env, &data);
    return data;
}

static napi_value number(napi_env env, double value)
{
    napi_value result = NULL;
    napi_create_double(env, value, &result);
    return result;
}

static napi_value text(napi_env env, const char *bytes, size_t length)
{
    napi_value result = NULL;
    napi_create_string_utf8(env, bytes ? bytes : "", length, &result);
    return result;
}

static napi_value words(napi_env env, const char *bytes)
{
    return text(env, bytes, NAPI_AUTO_LENGTH);
}

static void set(napi_env env, napi_value object, const char *name, napi_value value)
{
    napi_set_named_property(env, object, name, value);
}

static napi_value bytes_of(napi_env env, const char *bytes, size_t length)
{
    napi_value result = NULL;
    napi_create_buffer_copy(env, length, bytes, NULL, &result);
    return result;
}

enum { MOST_ARGUMENTS = 4 };

static instance *arguments(napi_env env, napi_callback_info info, napi_value *given)
{
    size_t count = MOST_ARGUMENTS; /* those that are not given are undefined */
    napi_get_cb_info(env, info, &count, given, NULL, NULL);
    return of(env);
}

static int32_t integer(napi_env env, napi_value value)
{
    int32_t result = 0;
    napi_get_value_int32(env, value, &result);
    return result;
}

/*
 * A string as UTF-8, with its length and a NUL: in the instance's scratch if it fits, else in memory to be freed by
 * drop(). NULL if there is no memory, or `value` is no string, as null is.
 */
static char *utf8(instance *self, napi_value value, size_t *length)
{
    if (napi_get_value_string_utf8(self->env, value, self->scratch, SCRATCH, length) != napi_ok)
        return NULL;
    if (*length < SCRATCH - 4) /* else it may have been cut, between two characters */
        return self->scratch;
    napi_get_value_string_utf8(self->env, value, NULL, 0, length);
    char *large = malloc(*length + 1);
    if (large != NULL)
        napi_get_value_string_utf8(self->env, value, large, *length + 1, length);
    return large;
}

static void drop(instance *self, char *string)
{
    if (string != self->scratch)
        free(string);
}

/* ---- events ---- */

static napi_value errors_of(napi_env env, const ws_event *event)
{
    napi_value errors;
    napi_create_array_with_length(env, (size_t)event->error_count, &errors);
    for (int32_t i = 0; i < event->error_count; i++) {
        const ws_error *error = &event->errors[i];
        napi_value entry;
        napi_create_object(env, &entry);
        set(env, entry, "code", number(env, error->code));
        set(env, entry, "component", words(env, error->component));
        set(env, entry, "message", words(env, error->message));
        napi_set_element(env, errors, (uint32_t)i, entry);
    }
    return errors;
}

static napi_value object_of(napi_env env, const ws_event *event)
{
    napi_value object, was_clean;
    napi_create_object(env, &object);
    napi_get_boolean(env, event->was_clean, &was_clean);
    set(env, object, "type", words(env, ws_event_name(event->type)));
    set(env, object, "code", number(env, event->code));
    set(env, object, "reason", words(env, event->reason));
    set(env, object, "wasClean", was_clean);
    set(env, object, "errors", errors_of(env, event));
    set(env, object, "delay", number(env, (double)event->delay_ms));
    set(env, object, "roundTrip", number(env, (double)event->round_trip_us / 1000));
    set(env, object, "flags", number(env, event->flags));
    if (event->type == HOSTWS_EVENT_ASK)
        set(env, object, "data", text(env, event->data, (size_t)event->length));
    else
        set(env, object, "data", bytes_of(env, event->data, (size_t)event->length));
    return object;
}

static int is_small_blob(const ws_event *event)
{
    return event->type == HOSTWS_EVENT_MESSAGE && event->data_type == HOSTWS_BLOB && event->length <= SMALL;
}

/* Out of memory is uncaught, as anywhere. A worker thread that is being terminated has no exception, and wants no events. */
static void tell_exception(napi_env env)
{
    bool is_pending = false;
    napi_value exception;
    napi_is_exception_pending(env, &is_pending);
    if (is_pending && napi_get_and_clear_last_exception(env, &exception) == napi_ok)
        napi_fatal_exception(env, exception);
}

/* Gives JavaScript the first of the events, as many as share one slab. Returns their number. */
static int32_t deliver(instance *self, const ws_event *events, int32_t count)
{
    napi_env env = self->env;
    size_t size = 0;
    int32_t taken = 0, others = 0;
    for (; taken < count; taken++) {
        if (!is_small_blob(&events[taken])) {
            others++;
        } else if (size > 0 && size + (size_t)events[taken].length > SLAB) {
            break;
        } else {
            size += (size_t)events[taken].length;
        }
    }
    napi_handle_scope scope;
    napi_value slab, values, function, receiver, result;
    char *bytes = NULL;
    napi_open_handle_scope(env, &scope);
    napi_get_undefined(env, &slab);
    values = slab;
    if (taken > others && napi_create_buffer(env, size, (void **)&bytes, &slab) != napi_ok) {
        tell_exception(env);
        napi_close_handle_scope(env, scope);
        return taken;
    }
    if (others > 0)
        napi_create_array_with_length(env, (size_t)taken, &values);
    size_t offset = 0;
    int32_t *entry = self->table;
    for (int32_t i = 0; i < taken; i++, entry += INTS) {
        const ws_event *event = &events[i];
        entry[0] = event->ws;
        if (is_small_blob(event)) {
            entry[1] = IN_SLAB;
            entry[2] = (int32_t)offset;
            entry[3] = (int32_t)event->length;
            if (event->length > 0)
                memcpy(bytes + offset, event->data, (size_t)event->length);
            offset += (size_t)event->length;
            continue;
        }
        napi_value value = NULL;
        entry[1] = event->type == HOSTWS_EVENT_MESSAGE ? MESSAGE : EVENT;
        entry[3] = event->length > INT32_MAX ? INT32_MAX : (int32_t)event->length;
        if (entry[1] == EVENT)
            value = object_of(env, event);
        else if (event->data_type == HOSTWS_BLOB)
            value = bytes_of(env, event->data, (size_t)event->length);
        else
            value = text(env, event->data, (size_t)event->length);
        if (value == NULL) /* larger than a string of JavaScript may be: hub.js ends the connection */
            napi_get_null(env, &value);
        napi_set_element(env, values, (uint32_t)i, value);
    }
    napi_value given[] = {number(env, taken), slab, values};
    napi_get_reference_value(env, self->on_events, &function);
    napi_get_reference_value(env, self->receiver, &receiver);
    if (napi_make_callback(env, self->context, receiver, function, 3, given, &result) != napi_ok)
        tell_exception(env);
    napi_close_handle_scope(env, scope);
    return taken;
}

/* What waits in the queue, but not for ever: Node has other things to do, and is told again. */
static void pump(instance *self)
{
    int32_t count = BATCH;
    for (int turn = 0; turn < BATCHES_A_TURN && count > 0; turn++) {
        self->events[0].struct_size = sizeof self->events[0];
        count = ws_next_batch(self->queue, self->events, BATCH, 0);
        for (int32_t done = 0; done < count;)
            done += deliver(self, &self->events[done], count - done);
    }
}

#ifdef HOSTWS_BY_WAKEUP

static void on_wakeup(void *self)
{
    napi_call_threadsafe_function(((instance *)self)->wakeup, NULL, napi_tsfn_nonblocking);
}

static void on_posted(napi_env env, napi_value function, void *self, void *data)
{
    (void)function, (void)data;
    if (env != NULL)
        pump(self);
}

static void keep_alive(instance *self, int alive)
{
    if (alive)
        napi_ref_threadsafe_function(self->env, self->wakeup);
    else
        napi_unref_threadsafe_function(self->env, self->wakeup);
}

static void clean_up(void *data)
{
    instance *self = data;
    ws_queue_on_wakeup(self->queue, NULL, NULL);
    ws_queue_free(self->queue);
}

static void on_finalized(napi_env env, void *self, void *hint)
{
    (void)env, (void)hint;
    free(self);
}

static int watch(instance *self)
{
    napi_value name = words(self->env, "hostws");
    if (napi_create_threadsafe_function(self->env, NULL, NULL, name, 1, 1, self, on_finalized, self, on_posted,
                                        &self->wakeup) != napi_ok)
        return 0;
    keep_alive(self, 0);
    /* Runs before Node drops the thread-safe function, which is older. */
    napi_add_env_cleanup_hook(self->env, clean_up, self);
    return ws_queue_on_wakeup(self->queue, on_wakeup, self) == HOSTWS_OK;
}

#else

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    instance *self = poll->data;
    napi_handle_scope scope;
    if (napi_open_handle_scope(self->env, &scope) != napi_ok)
        return;
    pump(self);
    napi_close_handle_scope(self->env, scope);
}

static void keep_alive(instance *self, int alive)
{
    if (alive)
        uv_ref((uv_handle_t *)&self->poll);
    else
        uv_unref((uv_handle_t *)&self->poll);
}

static void on_closed(uv_handle_t *poll)
{
    instance *self = poll->data;
    ws_queue_free(self->queue);
    napi_remove_async_cleanup_hook(self->cleanup);
    free(self);
}

static void clean_up(napi_async_cleanup_hook_handle handle, void *data)
{
    (void)handle;
    instance *self = data;
    uv_close((uv_handle_t *)&self->poll, on_closed);
}

static int watch(instance *self)
{
    uv_loop_t *loop = NULL;
    intptr_t descriptor = ws_queue_loop_fd(self->queue);
    if (descriptor < 0 || napi_get_uv_event_loop(self->env, &loop) != napi_ok)
        return 0;
    if (uv_poll_init(loop, &self->poll, (int)descriptor) != 0)
        return 0;
    self->poll.data = self;
    keep_alive(self, 0);
    napi_add_async_cleanup_hook(self->env, clean_up, self, &self->cleanup);
    return uv_poll_start(&self->poll, UV_READABLE, on_readable) == 0;
}

#endif

/* ---- functions: their arguments have been checked in JavaScript ---- */

/* start(onEvents): the queue and the table. onEvents(count, slab, values) gets the events from now on. */
static napi_value start(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS], result, name, table, receiver;
    void *memory = NULL;
    instance *self = arguments(env, info, given);
    self->queue = ws_queue_new();
    if (self->queue < 0) {
        napi_throw_error(env, NULL, ws_last_error_message());
        return NULL;
    }
    napi_create_object(env, &receiver);
    napi_create_reference(env, receiver, 1, &self->receiver);
    napi_create_reference(env, given[0], 1, &self->on_events);
    name = words(env, "hostws");
    napi_async_init(env, NULL, name, &self->context);
    napi_create_arraybuffer(env, sizeof(int32_t) * INTS * BATCH, &memory, &table);
    napi_create_reference(env, table, 1, &self->table_ref);
    self->table = memory;
    if (!watch(self)) {
        napi_throw_error(env, NULL, "hostws cannot watch its queue");
        return NULL;
    }
    napi_create_object(env, &result);
    set(env, result, "queue", number(env, self->queue));
    set(env, result, "table", table);
    return result;
}

static napi_value keep(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    bool alive = false;
    instance *self = arguments(env, info, given);
    napi_get_value_bool(env, given[0], &alive);
    keep_alive(self, alive);
    return NULL;
}

static napi_value open_connection(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    size_t length;
    instance *self = arguments(env, info, given);
    char *scratch = utf8(self, given[0], &length);
    char *url = scratch == NULL ? NULL : strdup(scratch);
    drop(self, scratch);
    char *options = utf8(self, given[1], &length);
    int32_t result = url == NULL || options == NULL ? HOSTWS_E_RESOURCES : ws_open(url, options, NULL);
    free(url);
    drop(self, options);
    return number(env, result);
}

static napi_value send_text(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    size_t length;
    instance *self = arguments(env, info, given);
    char *bytes = utf8(self, given[1], &length);
    int32_t result = HOSTWS_E_RESOURCES;
    if (bytes != NULL)
        result = ws_send(integer(env, given[0]), bytes, (int64_t)length, integer(env, given[2]));
    drop(self, bytes);
    return number(env, result);
}

static napi_value send_bytes(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    void *bytes = NULL;
    size_t length = 0;
    arguments(env, info, given);
    napi_get_buffer_info(env, given[1], &bytes, &length);
    return number(env, ws_send(integer(env, given[0]), bytes, (int64_t)length, HOSTWS_BLOB));
}

static napi_value ping(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    void *bytes = NULL;
    size_t length = 0;
    arguments(env, info, given);
    napi_get_buffer_info(env, given[1], &bytes, &length);
    int32_t size = length > 126 ? 126 : (int32_t)length; /* 125 are allowed */
    return number(env, ws_ping(integer(env, given[0]), bytes, size));
}

/* Those that take a connection, a number and a text, or some of them. */
#define CALL(name, call)                                          \
    static napi_value name(napi_env env, napi_callback_info info) \
    {                                                             \
        napi_value given[MOST_ARGUMENTS];                         \
        size_t length = 0;                                        \
        instance *self = arguments(env, info, given);             \
        ws_id ws = integer(env, given[0]);                        \
        int32_t value = integer(env, given[1]);                   \
        char *string = utf8(self, given[2], &length);             \
        napi_value result = number(env, (double)(call));          \
        (void)ws, (void)value;                                    \
        drop(self, string);                                       \
        return result;                                            \
    }

CALL(terminate, ws_terminate(ws, value, string))
CALL(abort_connection, ws_abort(ws))
CALL(pause_connection, ws_pause(ws, value))
CALL(answer, ws_answer(ws, value, string, (int64_t)length))
CALL(set_url, ws_set_url(ws, string))
CALL(buffered_amount, ws_buffered_amount(ws))
CALL(response_status, ws_response_status(ws))
CALL(shut_down, ws_shutdown(value))

static napi_value set_header(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    size_t length;
    char name[256];
    instance *self = arguments(env, info, given);
    napi_get_value_string_utf8(env, given[1], name, sizeof name, &length);
    char *value = utf8(self, given[2], &length);
    int32_t result = ws_set_header(integer(env, given[0]), name, value);
    drop(self, value);
    return number(env, result);
}

static napi_value status(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS];
    arguments(env, info, given);
    return words(env, ws_status_name(ws_status(integer(env, given[0]))));
}

/* What a getter copies, whatever its length, as a Buffer; undefined if it has nothing. */
static napi_value copied(napi_env env, ws_id ws, int64_t (*getter)(ws_id, char *, int64_t))
{
    int64_t size = SCRATCH;
    napi_value result = NULL;
    for (;;) {
        char *room = malloc((size_t)size);
        int64_t length = room == NULL ? -1 : getter(ws, room, size);
        if (length < size) {
            if (length >= 0)
                result = bytes_of(env, room, (size_t)length);
            free(room);
            return result;
        }
        free(room);
        size = length + 1024; /* another thread may add to it meanwhile */
    }
}

#define COPY(name, getter)                                        \
    static napi_value name(napi_env env, napi_callback_info info) \
    {                                                             \
        napi_value given[MOST_ARGUMENTS];                         \
        arguments(env, info, given);                              \
        return copied(env, integer(env, given[0]), getter);       \
    }

COPY(url, ws_url)
COPY(subprotocol, ws_subprotocol)
COPY(response_body, ws_response_body)
COPY(explain, ws_explain)

/* [name, value, name, value ...]; every byte is a character, as in HTTP. */
static napi_value response_headers(napi_env env, napi_callback_info info)
{
    napi_value given[MOST_ARGUMENTS], list, entry;
    char name[256];
    arguments(env, info, given);
    ws_id ws = integer(env, given[0]);
    napi_create_array(env, &list);
    char *value = malloc(65536);
    for (int32_t i = 0; value != NULL; i++) {
        int64_t length = ws_response_header_at(ws, i, name, sizeof name, value, 65536);
        if (length < 0)
            break;
        napi_create_string_latin1(env, name, NAPI_AUTO_LENGTH, &entry);
        napi_set_element(env, list, (uint32_t)i * 2, entry);
        napi_create_string_latin1(env, value, length < 65536 ? (size_t)length : 65535, &entry);
        napi_set_element(env, list, (uint32_t)i * 2 + 1, entry);
    }
    free(value);
    return list;
}

static napi_value last_words(napi_env env, napi_callback_info info)
{
    (void)info;
    return words(env, ws_last_error_message());
}

static napi_value version(napi_env env, napi_callback_info info)
{
    (void)info;
    return words(env, ws_version());
}

NAPI_MODULE_INIT()
{
    static const struct {
        const char *name;
        napi_callback function;
    } all[] = {
        {"start", start}, {"keepAlive", keep}, {"open", open_connection}, {"sendText", send_text},
        {"sendBytes", send_bytes}, {"ping", ping}, {"terminate", terminate}, {"abort", abort_connection},
        {"pause", pause_connection}, {"answer", answer}, {"setUrl", set_url}, {"setHeader", set_header},
        {"bufferedAmount", buffered_amount}, {"responseStatus", response_status}, {"shutdown", shut_down},
        {"status", status}, {"url", url}, {"subprotocol", subprotocol}, {"responseBody", response_body},
        {"explain", explain}, {"responseHeaders", response_headers}, {"lastWords", last_words}, {"version", version},
    };
    instance *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->env = env;
    napi_set_instance_data(env, self, NULL, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        napi_value function;
        napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].function, NULL, &function);
        set(env, exports, all[i].name, function);
    }
    return exports;
}
