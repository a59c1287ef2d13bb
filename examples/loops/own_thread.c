/* A thread of its own for the connections: its callbacks run there, and other threads send. */
#include <hostws.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static ws_id connection; /* 0: not known yet; negative: there is none. Guarded by `lock` */

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    puts(event->data);
    ws_terminate(ws, 1000, NULL);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    printf("closed: %d %s\n", (int)event->code, event->reason);
}

static void *serve(void *url)
{
    ws_handler handler = {.struct_size = sizeof handler, .on_message = on_message, .on_terminate = on_terminate};
    ws_id ws = ws_new(url, &handler, NULL);
    if (ws < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
    pthread_mutex_lock(&lock);
    connection = ws;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    while (ws_poll(0, -1, 0) >= 0) { /* until no connection is left */
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc < 2 || pthread_create(&thread, NULL, serve, argv[1]) != 0) {
        fprintf(stderr, "usage: own_thread URL\n");
        return 1;
    }
    pthread_mutex_lock(&lock);
    while (connection == 0)
        pthread_cond_wait(&changed, &lock);
    ws_id ws = connection;
    pthread_mutex_unlock(&lock);

    /* From any thread. It need not be open yet: what is sent waits. */
    if (ws > 0)
        ws_send(ws, "hello", -1, HOSTWS_TEXT);
    pthread_join(thread, NULL);
    return ws > 0 ? 0 : 1;
}
