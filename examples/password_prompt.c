/*
 * password_prompt: asks for a user and a password when a server or a proxy wants them.
 *
 *     password_prompt URL
 *
 * It sends what it reads from standard input after that, line by line, and shows what comes back, until the input ends.
 */

#include <hostws.h>

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int is_open, ended;

/* Reads a line without its end; 0 if there is none. */
static int read_line(const char *prompt, char *line, int size, int is_secret)
{
    struct termios shown, hidden;
    int is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;

    fputs(prompt, stderr);
    if (is_secret && is_terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    char *read = fgets(line, size, stdin);
    if (is_secret && is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    if (read == NULL) {
        return 0;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return 1;
}

/* Adds text to the answer, as JSON wants it. The answer has room for six times the text. */
static char *add_escaped(char *end, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c < ' ') {
            end += sprintf(end, "\\u%04x", c);
        } else {
            *end++ = (char)c;
        }
    }
    *end = '\0';
    return end;
}

static void ask_for_password(ws_id ws, const ws_event *event)
{
    char origin[256] = "", user[128], password[128], answer[2048];

    ws_json_get(event->data, event->length, "/origin", origin, sizeof origin);
    fprintf(stderr, "%s wants to know who you are.\n", origin);
    /* The callback may wait: the network does not. But the opening has only open_timeout_ms. */
    if (!read_line("User: ", user, sizeof user, 0) || !read_line("Password: ", password, sizeof password, 1)) {
        ws_answer(ws, event->code, "refuse", -1);
        return;
    }
    char *end = answer + sprintf(answer, "{\"user\":\"");
    end = add_escaped(end, user);
    end += sprintf(end, "\",\"password\":\"");
    end = add_escaped(end, password);
    sprintf(end, "\"}");
    /* The library proves it by Digest or Basic. If it is wrong, the question comes again. */
    if (ws_answer(ws, event->code, answer, -1) < 0) {
        fprintf(stderr, "password_prompt: %s\n", ws_last_error_message());
    }
    memset(password, 0, sizeof password);
    memset(answer, 0, sizeof answer);
}

static void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (event->type == HOSTWS_EVENT_ASK && event->flags == HOSTWS_ASK_CREDENTIALS) {
        ask_for_password(ws, event);
    }
}

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)event, (void)user_data;
    is_open = 1;
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    char line[1024];

    (void)user_data;
    printf("%s\n", event->data);
    if (read_line("", line, sizeof line, 0)) {
        ws_send(ws, line, -1, HOSTWS_TEXT);
    } else {
        ws_terminate(ws, 1000, NULL);
    }
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    fprintf(stderr, "password_prompt: %s\n", event->errors[event->error_count - 1].message);
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
        .on_message = on_message,
        .on_error = on_error,
        .on_terminate = on_terminate,
        .on_event = on_event,
    };
    ws_options options = {
        .struct_size = sizeof options,
        .ask = HOSTWS_ASK_CREDENTIALS,
        .open_timeout_ms = 120000, /* a person types */
    };

    if (argc != 2) {
        fprintf(stderr, "usage: password_prompt URL\n");
        return 1;
    }
    ws_id ws = ws_new(argv[1], &handler, &options);
    if (ws < 0) {
        fprintf(stderr, "password_prompt: %s\n", ws_last_error_message());
        return 1;
    }
    /* It waits until the connection is open. */
    ws_send(ws, "hello", -1, HOSTWS_TEXT);
    while (!ended && ws_poll(0, -1, 0) >= 0) {
    }
    return is_open ? 0 : 1;
}
