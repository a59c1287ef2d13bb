/*
 * When to look for events. libuv watches the queue's descriptor. Windows has none: there, and with HOSTWS_BY_WAKEUP,
 * the library's wake-up function posts to Node's loop.
 */
#include "addon.h"

#include <stdlib.h>

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

void keep_alive(instance *self, int alive)
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

int watch(instance *self)
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

void keep_alive(instance *self, int alive)
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

int watch(instance *self)
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
