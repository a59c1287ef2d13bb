/* Values of C and of JavaScript. */
#include "addon.h"

#include <stdlib.h>

enum { LARGE_BUFFER = 1024 * 1024 };

static instance *of(napi_env env)
{
    void *data = NULL;
    napi_get_instance_data(env, &data);
    return data;
}

napi_value number(napi_env env, double value)
{
    napi_value result = NULL;
    napi_create_double(env, value, &result);
    return result;
}

napi_value text(napi_env env, const char *bytes, size_t length)
{
    napi_value result = NULL;
    napi_create_string_utf8(env, bytes ? bytes : "", length, &result);
    return result;
}

napi_value words(napi_env env, const char *bytes)
{
    return text(env, bytes, NAPI_AUTO_LENGTH);
}

void set(napi_env env, napi_value object, const char *name, napi_value value)
{
    napi_set_named_property(env, object, name, value);
}

/* Node ends the program if there is no memory for a Buffer. Whether there is, is seen by asking for it. */
static bool is_room_for(size_t length)
{
    if (length < LARGE_BUFFER)
        return true;
    void *volatile room = malloc(length);
    bool is_room = room != NULL;
    free(room);
    return is_room;
}

napi_value bytes_of(napi_env env, const char *bytes, size_t length)
{
    napi_value result = NULL;
    if (!is_room_for(length))
        return NULL;
    napi_create_buffer_copy(env, length, bytes, NULL, &result);
    return result;
}

instance *arguments(napi_env env, napi_callback_info info, napi_value *given)
{
    size_t count = MOST_ARGUMENTS; /* those that are not given are undefined */
    napi_get_cb_info(env, info, &count, given, NULL, NULL);
    return of(env);
}

int32_t integer(napi_env env, napi_value value)
{
    int32_t result = 0;
    napi_get_value_int32(env, value, &result);
    return result;
}

char *utf8(instance *self, napi_value value, size_t *length)
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

void drop(instance *self, char *string)
{
    if (string != self->scratch)
        free(string);
}
