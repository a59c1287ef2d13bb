/*
 * socket_io: the handshake and the events of Socket.IO 5 over Engine.IO 4, on a WebSocket alone.
 *
 *     socket_io HOST:PORT TEXT        emits "echo" with TEXT, and prints the server's answer
 *
 * Each message begins with Engine.IO's digit: 0 open, 1 close, 2 ping, 3 pong, 4 message. In a message, Socket.IO's follows:
 * 0 connect, 2 event, 4 connect error.
 */

#include <hostws.h>
#include <stdio.h>
#include <string.h>

struct client {
    const char *text; /* without quotes, so it can stand in JSON as it is */
    int answers;
};

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct client *client = user_data;
    char text[1024];
    if (event->length < 1)
        return;
    switch (event->data[0]) {
    case '0': /* Engine.IO is open: {"sid": ..., "pingInterval": ...} */
        ws_send(ws, "40", -1, HOSTWS_TEXT); /* connect to the main namespace */
        break;
    case '2': /* the server's ping; the library's own pings are another matter */
        ws_send(ws, "3", -1, HOSTWS_TEXT);
        break;
    case '1':
        ws_terminate(ws, 1000, NULL);
        break;
    case '4':
        if (event->data[1] == '0') {
            snprintf(text, sizeof text, "42[\"echo\",\"%s\"]", client->text);
            ws_send(ws, text, -1, HOSTWS_TEXT);
        } else if (event->data[1] == '2') { /* ["name", argument, ...] */
            char name[64], argument[512] = "";
            ws_json_get(event->data + 2, event->length - 2, "/0", name, sizeof name);
            ws_json_get(event->data + 2, event->length - 2, "/1", argument, sizeof argument);
            printf("%s: %s\n", name, argument);
            client->answers++;
            ws_send(ws, "41", -1, HOSTWS_TEXT); /* disconnect */
            ws_terminate(ws, 1000, NULL);
        } else if (event->data[1] == '4') {
            fprintf(stderr, "refused: %s\n", event->data + 2);
            ws_terminate(ws, 1000, NULL);
        }
        break;
    }
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

int main(int argc, char **argv)
{
    struct client client = {argc > 2 ? argv[2] : "", 0};
    ws_handler handler = {
        .struct_size = sizeof handler, .user_data = &client, .on_message = on_message, .on_error = on_error};
    char url[512];
    snprintf(url, sizeof url, "ws://%s/socket.io/?EIO=4&transport=websocket", argc > 1 ? argv[1] : "");
    if (argc < 3 || ws_new(url, &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 3 ? "usage: socket_io HOST:PORT TEXT" : ws_last_error_message());
        return 1;
    }
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return client.answers == 1 ? 0 : 1;
}
