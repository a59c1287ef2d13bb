/* hostws for Node: the calls of the library. Their arguments have been checked in JavaScript. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

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
    instance *self = arguments(env, info, given);
    char *scratch = utf8(self, given[1], &length);
    char *name = scratch == NULL ? NULL : strdup(scratch);
    drop(self, scratch);
    char *value = utf8(self, given[2], &length);
    int32_t result = ws_set_header(integer(env, given[0]), name, value);
    free(name);
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
