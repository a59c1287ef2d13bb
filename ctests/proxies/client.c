/*
 * Opens a connection, sends one message, waits for one, closes, and tells of it line by line:
 *
 *     hostws_proxies_client URL OPTIONS_JSON text|hex DATA
 *
 *     open SUBPROTOCOL
 *     message DATA
 *     error CODE COMPONENT WORDS    for each of the stack
 *     status STATUS                 of the answer, if it did not open
 *     end CODE
 */
#include <hostws.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_hex;

static void send_data(ws_id ws, const char *data) {
    unsigned char bytes[256];
    size_t size = strlen(data);
    if (!is_hex) {
        ws_send(ws, data, -1, HOSTWS_TEXT);
        return;
    }
    for (size_t i = 0; i + 1 < size && i / 2 < sizeof bytes; i += 2) {
        char digits[3] = {data[i], data[i + 1], 0};
        bytes[i / 2] = (unsigned char)strtoul(digits, NULL, 16);
    }
    ws_send(ws, bytes, (int64_t)(size / 2), HOSTWS_BLOB);
}

static void print_data(const ws_event *event) {
    printf("message ");
    for (int64_t i = 0; i < event->length; i++)
        printf(is_hex ? "%02x" : "%c", (unsigned char)event->data[i]);
    puts("");
}

int main(int argc, char **argv) {
    char subprotocol[64] = "";
    int opened = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: hostws_proxies_client URL OPTIONS_JSON text|hex DATA\n");
        return 1;
    }
    is_hex = strcmp(argv[3], "hex") == 0;
    ws_id ws = ws_open(argv[1], argv[2], NULL);
    if (ws < 0) {
        printf("refused %d %s\n", ws, ws_last_error_message());
        return 0;
    }
    for (;;) {
        const ws_event *event = ws_next(0, 30000);
        if (!event) {
            fprintf(stderr, "%s\n", ws_last_error_message());
            return 1;
        }
        switch (event->type) {
        case HOSTWS_EVENT_OPEN:
            opened = 1;
            ws_subprotocol(ws, subprotocol, sizeof subprotocol);
            printf("open %s\n", subprotocol);
            send_data(ws, argv[4]);
            break;
        case HOSTWS_EVENT_MESSAGE:
            print_data(event);
            ws_terminate(ws, 0, NULL);
            break;
        case HOSTWS_EVENT_ERROR:
            for (int32_t i = 0; i < event->error_count; i++)
                printf("error %d %s %s\n", event->errors[i].code, event->errors[i].component, event->errors[i].message);
            break;
        case HOSTWS_EVENT_TERMINATE:
            if (!opened)
                printf("status %d\n", ws_response_status(ws));
            printf("end %d\n", event->code);
            return 0;
        default:
            break;
        }
    }
}
