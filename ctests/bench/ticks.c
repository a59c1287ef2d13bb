/* Messages at a given rate, each stamped with the time at which it is sent. */
#define _GNU_SOURCE
#include "server.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 1024, MESSAGE_MAX = 4096 };

static connection *ticking[ROOM];
static size_t count;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void ticks_add(connection *c) {
    static uint64_t turn;
    if (count == ROOM || c->message_size > MESSAGE_MAX || c->next_tick_ns) {
        abort(); /* more than any row here asks for */
    }
    /* Steps of the golden ratio: however many begin together, their messages are spread over the time. */
    uint64_t phase = turn++ * 618 % 1000;
    c->next_tick_ns = now_ns() + c->tick_ns + c->tick_ns * phase / 1000;
    ticking[count++] = c;
}

void ticks_remove(connection *c) {
    for (size_t i = 0; i < count; i++) {
        if (ticking[i] == c) {
            ticking[i] = ticking[--count];
            return;
        }
    }
}

static void send_one(connection *c) {
    static uint8_t frame[MESSAGE_MAX + 14];
    size_t header = c->is_raw ? 0 : put_header(frame, c->answer_first, c->message_size);
    uint64_t now = now_ns();
    memcpy(frame + header, &now, sizeof now);
    /* If the socket is full, this is not a message that waits: the next will do. */
    c->message_count -= connection_write(c, frame, header + c->message_size);
}

int64_t ticks_send(void) {
    uint64_t now = now_ns();
    int64_t wait = -1;
    for (size_t i = 0; i < count;) {
        connection *c = ticking[i];
        if (c->next_tick_ns <= now) {
            send_one(c);
            c->next_tick_ns += c->tick_ns;
        }
        if (c->message_count == 0) {
            ticks_remove(c);
            continue;
        }
        int64_t left = c->next_tick_ns > now ? (int64_t)(c->next_tick_ns - now) : 0;
        wait = wait < 0 || left < wait ? left : wait;
        i++;
    }
    return wait;
}
