/*
 * json_rpc: calls methods of a JSON-RPC 2.0 server, several at once, each with a time limit.
 *
 *     json_rpc URL
 */

#include <hostws.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 16 };

/* What is done with an answer: `error` is NULL, or the words of the server or "timeout". */
typedef void (*answer)(const char *result, const char *error, void *user_data);

struct call {
    long id; /* 0: free */
    time_t deadline;
    answer done;
    void *user_data;
};

struct rpc {
    ws_id ws;
    long last_id;
    struct call calls[CALLS];
};

/* `parameters` is JSON: an array or an object. Returns 0 if there are too many calls, or the message is refused. */
static int call(struct rpc *rpc, const char *method, const char *parameters, int seconds, answer done, void *user_data)
{
    for (int i = 0; i < CALLS; i++) {
        if (rpc->calls[i].id == 0) {
            char text[1024];
            long id = ++rpc->last_id;
            int length = snprintf(text, sizeof text, "{\"jsonrpc\": \"2.0\", \"id\": %ld, \"method\": \"%s\", \"params\": %s}",
                                  id, method, parameters);
            if (length >= (int)sizeof text || ws_send(rpc->ws, text, length, HOSTWS_OBJECT) < 0)
                return 0;
            rpc->calls[i] = (struct call){id, time(NULL) + seconds, done, user_data};
            return 1;
        }
    }
    return 0;
}

static void finish(struct call *call, const char *result, const char *error)
{
    struct call finished = *call;
    call->id = 0; /* first, so that the answer may call again */
    finished.done(result, error, finished.user_data);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    struct rpc *rpc = user_data;
    char id[24], result[1024], error[256];
    (void)ws;
    if (ws_json_get(event->data, event->length, "/id", id, sizeof id) < 0)
        return; /* a notification */
    for (int i = 0; i < CALLS; i++) {
        if (rpc->calls[i].id != 0 && rpc->calls[i].id == strtol(id, NULL, 10)) {
            if (ws_json_get(event->data, event->length, "/error/message", error, sizeof error) >= 0)
                finish(&rpc->calls[i], NULL, error);
            else if (ws_json_get(event->data, event->length, "/result", result, sizeof result) >= 0)
                finish(&rpc->calls[i], result, NULL);
            return;
        }
    }
}

static void end_late_calls(struct rpc *rpc)
{
    for (int i = 0; i < CALLS; i++)
        if (rpc->calls[i].id != 0 && time(NULL) > rpc->calls[i].deadline)
            finish(&rpc->calls[i], NULL, "timeout");
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    struct rpc *rpc = user_data;
    (void)ws, (void)event;
    for (int i = 0; i < CALLS; i++)
        if (rpc->calls[i].id != 0)
            finish(&rpc->calls[i], NULL, "the connection has ended");
}

/* ---- a program that uses it ---- */

struct question {
    const char *words;
    int *open; /* how many questions have no answer yet */
};

static void print_answer(const char *result, const char *error, void *user_data)
{
    struct question *question = user_data;
    printf("%s: %s%s\n", question->words, error ? "error: " : "", error ? error : result);
    --*question->open;
}

int main(int argc, char **argv)
{
    struct rpc rpc = {0};
    ws_handler handler = {
        .struct_size = sizeof handler,
        .data_type = HOSTWS_OBJECT,
        .user_data = &rpc,
        .on_message = on_message,
        .on_error = on_error,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || (rpc.ws = ws_new(argv[1], &handler, NULL)) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: json_rpc URL" : ws_last_error_message());
        return 1;
    }
    int open = 3;
    struct question sum = {"3 + 4", &open}, unknown = {"an unknown method", &open}, slow = {"a slow method", &open};
    call(&rpc, "sum", "[3, 4]", 10, print_answer, &sum);
    call(&rpc, "nothing", "[]", 10, print_answer, &unknown);
    call(&rpc, "slow", "[]", 1, print_answer, &slow);
    while (open > 0 && ws_poll(0, 200, 0) >= 0)
        end_late_calls(&rpc);
    ws_terminate(rpc.ws, 1000, NULL);
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return 0;
}
