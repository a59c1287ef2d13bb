/* Events: many in one call of JavaScript. */
#include "addon.h"

#include <string.h>

enum { BATCHES_A_TURN = 8, SMALL = 4096, SLAB = 64 * 1024 };
/* What one call of JavaScript gets beside the slab. What lives while others are made is copied by the collector. */
enum { LARGE = 128 * 1024 };

/* What an entry of the slab is, for lib/hub.js: a payload inside the slab; a message of its own; any other event. */
enum { IN_SLAB = 0, MESSAGE = 1, EVENT = 2 };

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

/* What was thrown for want of memory would keep all other events from JavaScript. */
static void forget_exception(napi_env env)
{
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
}

/* Gives JavaScript the first of the events, as many as share one slab and are not too large. Returns their number. */
static int32_t deliver(instance *self, const ws_event *events, int32_t count)
{
    napi_env env = self->env;
    size_t size = 0;
    int64_t large = 0;
    int32_t taken = 0, others = 0;
    for (; taken < count && large < LARGE; taken++) {
        if (!is_small_blob(&events[taken])) {
            others++;
            large += events[taken].length;
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
    int has_slab = taken > others && napi_create_buffer(env, size, (void **)&bytes, &slab) == napi_ok;
    if (taken > others && !has_slab) {
        forget_exception(env);
        others = taken;
    }
    if (others > 0)
        napi_create_array_with_length(env, (size_t)taken, &values);
    size_t offset = 0;
    int32_t *entry = self->table;
    for (int32_t i = 0; i < taken; i++, entry += INTS) {
        const ws_event *event = &events[i];
        entry[0] = event->ws;
        if (has_slab && is_small_blob(event)) {
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
        /* There is no memory for it, or it is longer than a string may be: the connection ends. */
        if (value == NULL) {
            forget_exception(env);
            napi_get_null(env, &value);
        }
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

void pump(instance *self)
{
    int32_t count = BATCH;
    for (int turn = 0; turn < BATCHES_A_TURN && count > 0; turn++) {
        self->events[0].struct_size = sizeof self->events[0];
        count = ws_next_batch(self->queue, self->events, BATCH, 0);
        for (int32_t done = 0; done < count;)
            done += deliver(self, &self->events[done], count - done);
    }
}
