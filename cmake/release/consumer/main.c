/* Sends a word to an echo server, and ends well if it comes back: consumer URL [AUTHORITIES] */
#include <hostws.h>
#include <stdio.h>
#include <string.h>

static int echoed;

static void on_open(ws_id ws, const ws_event *event, void *user) {
    (void)event, (void)user;
    ws_send(ws, "hello", -1, HOSTWS_TEXT);
}

static void on_message(ws_id ws, const ws_event *event, void *user) {
    (void)user;
    echoed = strcmp((const char *)event->data, "hello") == 0;
    ws_terminate(ws, 0, NULL);
}

static void on_error(ws_id ws, const ws_event *event, void *user) {
    (void)ws, (void)user;
    for (int i = 0; i < event->error_count; i++) fprintf(stderr, "%s\n", event->errors[i].message);
}

int main(int argc, char **argv) {
    ws_handler handler = {.struct_size = sizeof handler};
    ws_options options = {.struct_size = sizeof options, .open_timeout_ms = 60000};
    handler.on_open = on_open;
    handler.on_message = on_message;
    handler.on_error = on_error;
    if (argc < 2) return fprintf(stderr, "usage: %s URL [AUTHORITIES]\n", argv[0]), 2;
    if (argc > 2) options.tls_ca = argv[2];
    if (ws_new(argv[1], &handler, &options) < 0) return fprintf(stderr, "%s\n", ws_last_error_message()), 1;
    while (ws_poll(0, -1, 0) >= 0) {} /* until no connection is left */
    printf("hostws %s: %s\n", ws_version(), echoed ? "echoed" : "no echo");
    return !echoed;
}
