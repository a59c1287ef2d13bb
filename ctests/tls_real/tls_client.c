/*
 * Opens one connection, tells what comes, and closes.
 *
 *     hostws_tls_client URL OPTIONS_JSON [FILE]
 *
 * Prints a line for each event, and for each entry of an error; with the path /echo it sends a message and awaits its
 * echo. Then the HTTP status and the body of a refusal; into FILE goes the server's certificate.
 */
#include <hostws.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void leave_certificate(ws_id ws, const char *path) {
    static char der[16384];
    int64_t length = ws_peer_certificate(ws, der, sizeof der);
    printf("certificate %lld\n", (long long)length);
    if (path && length > 0) {
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(der, 1, (size_t)length, file) != (size_t)length || fclose(file))
            exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: hostws_tls_client URL OPTIONS_JSON [FILE]\n");
        return 2;
    }
    ws_id ws = ws_open(argv[1], argv[2], NULL);
    if (ws < 0) {
        printf("refused %d %s\n", ws, ws_last_error_message());
        return 0;
    }
    const ws_event *event;
    while ((event = ws_next(0, 20000)) != NULL) {
        switch (event->type) {
        case HOSTWS_EVENT_OPEN:
            puts("open");
            if (strstr(argv[1], "/echo"))
                ws_send(ws, "echoed", -1, HOSTWS_TEXT);
            else
                ws_terminate(ws, 0, NULL);
            break;
        case HOSTWS_EVENT_MESSAGE:
            printf("message %s\n", event->data);
            ws_terminate(ws, 0, NULL);
            break;
        case HOSTWS_EVENT_TERMINATE: {
            static char body[70000];
            printf("end %d\n", event->code);
            leave_certificate(ws, argc > 3 ? argv[3] : NULL);
            printf("status %d\n", ws_response_status(ws));
            ws_response_body(ws, body, sizeof body);
            printf("%s\n", body);
            return 0;
        }
        default:
            for (int32_t i = 0; i < event->error_count; i++)
                printf("%s %d %s\n", event->errors[i].component, event->errors[i].code, event->errors[i].message);
        }
    }
    fprintf(stderr, "nothing comes: %s\n", ws_last_error_message());
    return 1;
}
