/*
 * graphql: a subscription over graphql-transport-ws, the protocol of the library graphql-ws.
 *
 *     graphql URL QUERY        for instance 'subscription { countdown(from: 3) }'
 */

#include <hostws.h>
#include <stdio.h>
#include <string.h>

struct subscription {
    const char *query; /* without quotes and line ends, so it can stand in JSON as it is */
    int values;
};

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    ws_send(ws, "{\"type\": \"connection_init\"}", -1, HOSTWS_OBJECT);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct subscription *subscription = user_data;
    char type[32] = "", text[1024];
    ws_json_get(event->data, event->length, "/type", type, sizeof type);
    if (strcmp(type, "connection_ack") == 0) {
        snprintf(text, sizeof text, "{\"id\": \"1\", \"type\": \"subscribe\", \"payload\": {\"query\": \"%s\"}}",
                 subscription->query);
        if (ws_send(ws, text, -1, HOSTWS_OBJECT) < 0)
            fprintf(stderr, "%s\n", ws_last_error_message());
    } else if (strcmp(type, "ping") == 0) {
        ws_send(ws, "{\"type\": \"pong\"}", -1, HOSTWS_OBJECT);
    } else if (strcmp(type, "next") == 0) {
        if (ws_json_get(event->data, event->length, "/payload/data", text, sizeof text) > 0)
            puts(text);
        subscription->values++;
    } else if (strcmp(type, "error") == 0 || strcmp(type, "complete") == 0) {
        if (ws_json_get(event->data, event->length, "/payload/0/message", text, sizeof text) > 0)
            fprintf(stderr, "%s\n", text);
        puts(type);
        ws_terminate(ws, 1000, NULL);
    }
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    if (event->code != 1000) /* 4400 and so on: the protocol's own */
        fprintf(stderr, "closed: %d %s\n", (int)event->code, event->reason);
}

int main(int argc, char **argv)
{
    struct subscription subscription = {argc > 2 ? argv[2] : "", 0};
    ws_handler handler = {
        .struct_size = sizeof handler,
        .data_type = HOSTWS_OBJECT,
        .user_data = &subscription,
        .on_open = on_open,
        .on_message = on_message,
        .on_error = on_error,
        .on_terminate = on_terminate,
    };
    ws_options options = {.struct_size = sizeof options, .subprotocols = "graphql-transport-ws"};
    if (argc < 3 || ws_new(argv[1], &handler, &options) < 0) {
        fprintf(stderr, "%s\n", argc < 3 ? "usage: graphql URL QUERY" : ws_last_error_message());
        return 1;
    }
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return subscription.values > 0 ? 0 : 1;
}
