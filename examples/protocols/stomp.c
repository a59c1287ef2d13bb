/*
 * stomp: one connection subscribes to a destination of a STOMP 1.2 broker, another sends to it.
 *
 *     stomp URL DESTINATION TEXT
 *
 * A frame is a command, headers, an empty line, a body and a NUL, in one text message.
 */

#include <hostws.h>
#include <stdio.h>
#include <string.h>

struct client {
    const char *url, *destination;
    const char *text; /* NULL: this connection subscribes; else it sends this */
    struct client *sender; /* is opened when the subscription has been sent */
    int messages;
};

static ws_id open_client(struct client *client);

/* Sends a frame with its NUL, which is part of STOMP. */
static void send_frame(ws_id ws, const char *frame, int length)
{
    if (ws_send(ws, frame, length + 1, HOSTWS_TEXT) < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
}

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    static const char connect[] = "CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\n\n";
    (void)event, (void)user_data;
    send_frame(ws, connect, sizeof connect - 1);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct client *client = user_data;
    char frame[1024];
    int length;
    /* One NUL always follows the data, so string functions are safe. */
    if (strncmp(event->data, "CONNECTED\n", 10) == 0 && client->text == NULL) {
        length = snprintf(frame, sizeof frame, "SUBSCRIBE\nid:0\ndestination:%s\nack:auto\n\n", client->destination);
        send_frame(ws, frame, length);
        open_client(client->sender);
    } else if (strncmp(event->data, "CONNECTED\n", 10) == 0) {
        length = snprintf(frame, sizeof frame, "SEND\ndestination:%s\ncontent-type:text/plain\n\n%s", client->destination,
                          client->text);
        send_frame(ws, frame, length);
        send_frame(ws, "DISCONNECT\n\n", 12);
        ws_terminate(ws, 1000, NULL); /* what was sent before leaves first */
    } else if (strncmp(event->data, "MESSAGE\n", 8) == 0) {
        const char *body = strstr(event->data, "\n\n");
        if (body != NULL)
            puts(body + 2);
        client->messages++;
        send_frame(ws, "DISCONNECT\n\n", 12);
        ws_terminate(ws, 1000, NULL);
    } else if (strncmp(event->data, "ERROR\n", 6) == 0) {
        fprintf(stderr, "%s\n", event->data);
        ws_terminate(ws, 1000, NULL);
    }
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

static ws_id open_client(struct client *client)
{
    ws_handler handler = {
        .struct_size = sizeof handler,
        .user_data = client,
        .on_open = on_open,
        .on_message = on_message,
        .on_error = on_error,
    };
    ws_options options = {.struct_size = sizeof options, .subprotocols = "v12.stomp"};
    ws_id ws = ws_new(client->url, &handler, &options);
    if (ws < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
    return ws;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: stomp URL DESTINATION TEXT\n");
        return 1;
    }
    struct client sender = {.url = argv[1], .destination = argv[2], .text = argv[3]};
    struct client subscriber = {.url = argv[1], .destination = argv[2], .sender = &sender};
    if (open_client(&subscriber) < 0)
        return 1;
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return subscriber.messages == 1 ? 0 : 1;
}
