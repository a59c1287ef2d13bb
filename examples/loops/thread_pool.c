/* Four threads compute and send; the main thread, which opened the connection, gets the answers. */
#include <hostws.h>
#include <pthread.h>
#include <stdio.h>

enum { WORKERS = 4, EACH = 25 };

static int answers;

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    if (++answers == WORKERS * EACH) {
        printf("hello from %d threads: %d answers\n", WORKERS, answers);
        ws_terminate(ws, 1000, NULL);
    }
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    printf("closed: %d %s\n", (int)event->code, event->reason);
}

static void *compute(void *user_data)
{
    ws_id ws = *(ws_id *)user_data;
    for (int i = 0; i < EACH; i++) {
        char text[32];
        int length = snprintf(text, sizeof text, "%d", i * i);
        if (ws_send(ws, text, length, HOSTWS_TEXT) < 0) /* never waits; HOSTWS_E_AGAIN if too much waits already */
            fprintf(stderr, "%s\n", ws_last_error_message());
    }
    return NULL;
}

int main(int argc, char **argv)
{
    ws_handler handler = {.struct_size = sizeof handler, .on_message = on_message, .on_terminate = on_terminate};
    ws_id ws = argc < 2 ? 0 : ws_new(argv[1], &handler, NULL);
    if (ws <= 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: thread_pool URL" : ws_last_error_message());
        return 1;
    }
    pthread_t workers[WORKERS];
    int started = 0;
    while (started < WORKERS && pthread_create(&workers[started], NULL, compute, &ws) == 0)
        started++;
    while (ws_poll(0, -1, 0) >= 0) {
    }
    for (int i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    return answers == WORKERS * EACH ? 0 : 1;
}
