/*
 * trust_on_first_use: connects to servers whose certificates no authority has signed, as ssh does.
 *
 *     trust_on_first_use URL FILE
 *
 * The first time, it shows the key of the server and asks whether it is the right one; FILE remembers it. A server that
 * comes with another key later is refused.
 */

#include <hostws.h>

#include <stdio.h>
#include <string.h>

static const char *file;
static int is_open, ended;

/* The key that FILE has for a server; 0 if it has none. */
static int find_key(const char *server, char *key, size_t size)
{
    char line[512];
    int found = 0;
    FILE *known = fopen(file, "r");

    while (known != NULL && !found && fgets(line, sizeof line, known) != NULL) {
        char *space = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (space != NULL) {
            *space = '\0';
            found = strcmp(line, server) == 0 && snprintf(key, size, "%s", space + 1) > 0;
        }
    }
    if (known != NULL) {
        fclose(known);
    }
    return found;
}

static int remember(const char *server, const char *key)
{
    FILE *known = fopen(file, "a");
    return known != NULL && fprintf(known, "%s %s\n", server, key) > 0 && fclose(known) == 0;
}

static int is_trusted(const ws_event *event)
{
    char server[256], key[128], known[128], fault[128] = "", reply[16];
    const char *json = event->data;

    if (ws_json_get(json, event->length, "/origin", server, sizeof server) < 0 ||
        ws_json_get(json, event->length, "/chain/0/pin", key, sizeof key) < 0) {
        return 0;
    }
    if (ws_json_get(json, event->length, "/faults/0/message", fault, sizeof fault) < 0) {
        return 1; /* there is no fault: an authority vouches for it */
    }
    if (find_key(server, known, sizeof known)) {
        if (strcmp(known, key) == 0) {
            return 1;
        }
        fprintf(stderr, "%s HAS ANOTHER KEY THAN BEFORE: somebody may be listening.\n", server);
        return 0;
    }
    fprintf(stderr, "%s: %s.\nIts key is %s. Do you trust it? (yes/no) ", server, fault, key);
    return fgets(reply, sizeof reply, stdin) != NULL && strncmp(reply, "yes", 3) == 0 && remember(server, key);
}

static void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (event->type == HOSTWS_EVENT_ASK && event->flags == HOSTWS_ASK_CERTIFICATE) {
        ws_answer(ws, event->code, is_trusted(event) ? "accept" : "refuse", -1);
    }
}

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    is_open = 1;
    puts("connected");
    ws_terminate(ws, 1000, NULL);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    for (int i = 0; i < event->error_count; i++) {
        fprintf(stderr, "%s\n", event->errors[i].message);
    }
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)event, (void)user_data;
    ended = 1;
}

int main(int argc, char **argv)
{
    ws_handler handler = {
        .struct_size = sizeof handler,
        .on_open = on_open,
        .on_error = on_error,
        .on_terminate = on_terminate,
        .on_event = on_event,
    };
    ws_options options = {
        .struct_size = sizeof options,
        .ask = HOSTWS_ASK_CERTIFICATE,
        .open_timeout_ms = 120000, /* a person decides */
    };

    if (argc != 3) {
        fprintf(stderr, "usage: trust_on_first_use URL FILE\n");
        return 1;
    }
    file = argv[2];
    if (ws_new(argv[1], &handler, &options) < 0) {
        fprintf(stderr, "trust_on_first_use: %s\n", ws_last_error_message());
        return 1;
    }
    while (!ended && ws_poll(0, -1, 0) >= 0) {
    }
    return is_open ? 0 : 1;
}
