/*
 * mqtt: subscribes to a topic of an MQTT 3.1.1 broker over WebSocket, publishes to it, and prints what comes.
 *
 *     mqtt URL TOPIC TEXT
 *
 * MQTT's packets are a stream of bytes: a WebSocket message may hold a part of one, or several (MQTT 3.1.1, section 6).
 */

#include <hostws.h>
#include <stdio.h>
#include <string.h>

enum { CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, SUBSCRIBE = 0x82, SUBACK = 0x90, DISCONNECT = 0xE0 };

struct client {
    const char *topic, *text;
    unsigned char stream[65536]; /* what has come of packets that are not complete */
    size_t length;
    int messages;
};

static size_t put_string(unsigned char *at, const char *text)
{
    size_t length = strlen(text);
    at[0] = (unsigned char)(length >> 8);
    at[1] = (unsigned char)length;
    memcpy(at + 2, text, length);
    return 2 + length;
}

/* A packet of less than 128 bytes: its length takes one byte. */
static void send_packet(ws_id ws, unsigned char type, const unsigned char *body, size_t length)
{
    unsigned char packet[130] = {type, (unsigned char)length};
    if (length > 127)
        return;
    memcpy(packet + 2, body, length);
    if (ws_send(ws, packet, (int64_t)(2 + length), HOSTWS_BLOB) < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
}

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    unsigned char body[64];
    size_t length = put_string(body, "MQTT");
    (void)event, (void)user_data;
    body[length++] = 4; /* the protocol's level: 3.1.1 */
    body[length++] = 2; /* a clean session */
    body[length++] = 0, body[length++] = 60; /* keep alive: 60 s */
    length += put_string(body + length, "hostws-example");
    send_packet(ws, CONNECT, body, length);
}

static void on_packet(ws_id ws, struct client *client, unsigned char type, const unsigned char *body, size_t length)
{
    unsigned char out[128] = {0, 1}; /* the packet's identifier */
    switch (type & 0xF0) {
    case CONNACK:
        if (length < 2 || body[1] != 0 || strlen(client->topic) + strlen(client->text) > 100) {
            fprintf(stderr, "refused\n");
            ws_terminate(ws, 1000, NULL);
            return;
        }
        length = 2 + put_string(out + 2, client->topic);
        out[length++] = 0; /* at most once */
        send_packet(ws, SUBSCRIBE, out, length);
        break;
    case SUBACK:
        length = put_string(out, client->topic);
        memcpy(out + length, client->text, strlen(client->text));
        send_packet(ws, PUBLISH, out, length + strlen(client->text));
        break;
    case PUBLISH: {
        size_t topic = length < 2 ? 0 : (size_t)(body[0] << 8 | body[1]);
        if (2 + topic <= length)
            printf("%.*s: %.*s\n", (int)topic, (const char *)body + 2, (int)(length - 2 - topic),
                   (const char *)body + 2 + topic);
        client->messages++;
        send_packet(ws, DISCONNECT, out, 0);
        ws_terminate(ws, 1000, NULL);
        break;
    }
    }
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct client *client = user_data;
    if (client->length + (size_t)event->length > sizeof client->stream) {
        ws_terminate(ws, 1000, "too much");
        return;
    }
    memcpy(client->stream + client->length, event->data, (size_t)event->length);
    client->length += (size_t)event->length;
    size_t start = 0;
    for (;;) { /* one packet after the other, as long as it is here whole */
        size_t at = start + 1, size = 0;
        int shift = 0, last = 0;
        while (at < client->length && shift < 28 && !last) {
            size |= (size_t)(client->stream[at] & 0x7F) << shift;
            last = !(client->stream[at++] & 0x80);
            shift += 7;
        }
        if (!last || at + size > client->length)
            break;
        on_packet(ws, client, client->stream[start], client->stream + at, size);
        start = at + size;
    }
    memmove(client->stream, client->stream + start, client->length - start);
    client->length -= start;
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

int main(int argc, char **argv)
{
    static struct client client;
    client.topic = argc > 2 ? argv[2] : "";
    client.text = argc > 3 ? argv[3] : "";
    ws_handler handler = {
        .struct_size = sizeof handler,
        .data_type = HOSTWS_BLOB,
        .user_data = &client,
        .on_open = on_open,
        .on_message = on_message,
        .on_error = on_error,
    };
    ws_options options = {.struct_size = sizeof options, .subprotocols = "mqtt"};
    if (argc < 4 || ws_new(argv[1], &handler, &options) < 0) {
        fprintf(stderr, "%s\n", argc < 4 ? "usage: mqtt URL TOPIC TEXT" : ws_last_error_message());
        return 1;
    }
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return client.messages == 1 ? 0 : 1;
}
