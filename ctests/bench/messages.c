/* Frames from the client, handled with as little work as possible: payloads that are not sent back stay masked. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINAL = 0x80, MASKED = 0x80, CONTROL = 8 }; /* bits of a header's two first bytes */
enum { TEXT = 1 };
enum { CLOSE = FINAL | 8, PING = FINAL | 9, PONG = FINAL | 10 };
enum { FLOOD_BLOCK = 256 * 1024 };

/* ---- out ---- */

size_t put_header(uint8_t *at, uint8_t first, uint64_t length) {
    size_t extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
    at[0] = first;
    at[1] = (uint8_t)(extra == 0 ? length : extra == 2 ? 126 : 127);
    for (size_t i = 0; i < extra; i++) {
        at[2 + i] = (uint8_t)(length >> (8 * (extra - 1 - i)));
    }
    return 2 + extra;
}

/* Enough whole frames for a big write. Made once for each kind. */
static const bytes *flood_block(bool is_raw, uint8_t first, uint64_t length) {
    static struct {
        bytes block;
        bool is_raw;
        uint8_t first;
        uint64_t length;
    } kinds[64];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (kinds[i].is_raw == is_raw && kinds[i].first == first && kinds[i].length == length) {
            return &kinds[i].block;
        }
    }
    if (count == sizeof kinds / sizeof *kinds) {
        abort(); /* more sizes than any table here has */
    }
    uint64_t frame = length + 14;
    uint64_t frames = frame < FLOOD_BLOCK ? FLOOD_BLOCK / frame : 1;
    bytes block = {malloc(frame * frames), 0};
    for (uint64_t i = 0; i < frames; i++) {
        block.size += is_raw ? 0 : put_header(block.data + block.size, first, length);
        memset(block.data + block.size, 'a', length);
        block.size += length;
    }
    kinds[count].block = block;
    kinds[count].is_raw = is_raw;
    kinds[count].first = first;
    kinds[count].length = length;
    return &kinds[count++].block;
}

static void start_flood(connection *c) {
    uint8_t header[14];
    uint64_t frame = c->message_size + (c->is_raw ? 0 : put_header(header, c->answer_first, c->message_size));
    c->flood = flood_block(c->is_raw, c->answer_first, c->message_size);
    c->flood_size = frame * c->message_count;
    c->flood_at = 0;
}

static void start_json(connection *c) {
    uint64_t messages = 0;
    c->flood = corpus_block(c, &messages);
    c->flood_size = messages ? c->message_count / messages * c->flood->size : 0;
    c->flood_at = 0;
}

static void put_done(connection *c, bytes *out) {
    if (!c->is_raw) {
        out->size += put_header(out->data + out->size, c->answer_first, 1);
    }
    out->data[out->size++] = 'd';
}

static void put_number(uint64_t number, bytes *out) {
    char digits[24];
    size_t length = (size_t)sprintf(digits, "%lu", number);
    out->size += put_header(out->data + out->size, FINAL | TEXT, length);
    memcpy(out->data + out->size, digits, length);
    out->size += length;
}

/* ---- in ---- */

static uint64_t pings;

static size_t header_length(const uint8_t *header) {
    uint8_t length = header[1] & 127;
    return 6 + (length < 126 ? 0 : length == 126 ? 2 : 8);
}

static uint64_t payload_length(const uint8_t *header) {
    uint64_t length = header[1] & 127;
    if (length < 126) {
        return length;
    }
    size_t extra = length == 126 ? 2 : 8;
    length = 0;
    for (size_t i = 0; i < extra; i++) {
        length = length << 8 | header[2 + i];
    }
    return length;
}

/* The header at `data`, or what was kept of it and goes on there. NULL: it is not complete, and all is kept. */
static const uint8_t *whole_header(connection *c, const uint8_t **data, size_t *size) {
    if (c->header_size == 0 && *size >= sizeof c->header) {
        const uint8_t *header = *data;
        size_t length = header_length(header);
        *data += length;
        *size -= length;
        return header;
    }
    while (*size > 0) {
        c->header[c->header_size++] = *(*data)++;
        (*size)--;
        if (c->header_size >= 2 && c->header_size == header_length(c->header)) {
            c->header_size = 0;
            return c->header;
        }
    }
    return NULL;
}

static void unmask(uint8_t *to, const uint8_t *from, size_t size, uint8_t mask[8]) {
    uint64_t mask_word;
    memcpy(&mask_word, mask, 8);
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        word ^= mask_word;
        memcpy(to + i, &word, 8);
    }
    for (size_t j = 0; i + j < size; j++) {
        to[i + j] = from[i + j] ^ mask[j];
    }
    uint8_t turned[8];
    for (size_t j = 0; j < 8; j++) {
        turned[j] = mask[(j + size) % 4];
    }
    memcpy(mask, turned, 8);
}

static bool is_control(const connection *c) {
    return c->first & CONTROL;
}

static bool is_answered(const connection *c) {
    return c->first != PONG && (is_control(c) || c->task == ECHO);
}

static void frame_begins(connection *c, const uint8_t *header, bytes *out) {
    c->first = header[0];
    c->is_in_frame = true;
    c->payload_left = payload_length(header);
    pings += c->first == PING;
    c->taken += c->task == WEIGH && !is_control(c) ? c->payload_left : 0;
    if (is_answered(c)) {
        memcpy(c->mask, header + header_length(header) - 4, 4);
        memcpy(c->mask + 4, c->mask, 4);
        out->size += put_header(out->data + out->size, c->first == PING ? PONG : c->first, c->payload_left);
    }
}

static void frame_ends(connection *c, bytes *out) {
    c->is_in_frame = false;
    if (c->first == CLOSE) {
        c->is_ending = true;
    } else if (is_control(c) || !(c->first & FINAL)) {
        return;
    } else if (c->task == FLOOD) {
        start_flood(c);
    } else if (c->task == JSON) {
        start_json(c);
    } else if (c->task == TICKS) {
        ticks_add(c);
    } else if (c->task == PINGS) {
        put_number(pings, out);
    } else if (c->task == SINK && --c->message_count == 0) {
        put_done(c, out);
    } else if (c->task == WEIGH && --c->message_count == 0) {
        put_number(c->taken, out);
    }
}

/*
 * Takes the messages that are there in one piece each, as long as they only have to be counted, but for the last.
 * A message as long as the one before is not worked out anew: the processor then looks ahead to where the next begins.
 */
static void count_messages(connection *c, const uint8_t **data, size_t *size) {
    uint8_t first = 0, second = 0;
    uint64_t frame = 0;
    while (c->message_count > 1 && *size >= sizeof c->header) {
        const uint8_t *header = *data;
        if (header[0] != first || header[1] != second || (second & 127) > 125) {
            first = header[0];
            second = header[1];
            frame = header_length(header) + payload_length(header);
            if (!(first & FINAL) || first & CONTROL || !(second & MASKED)) {
                return;
            }
        }
        if (frame > *size) {
            return;
        }
        *data += frame;
        *size -= frame;
        c->message_count--;
    }
}

static bool frames_read(connection *c, const uint8_t *data, size_t size, bytes *out) {
    while (size > 0 && !c->is_ending) {
        if (!c->is_in_frame) {
            if (c->task == SINK && c->header_size == 0) {
                count_messages(c, &data, &size);
            }
            const uint8_t *header = whole_header(c, &data, &size);
            if (!header) {
                return true;
            }
            if (!(header[1] & MASKED)) {
                return false;
            }
            frame_begins(c, header, out);
        }
        size_t part = c->payload_left < size ? c->payload_left : size;
        if (is_answered(c)) {
            unmask(out->data + out->size, data, part, c->mask);
            out->size += part;
        }
        data += part;
        size -= part;
        c->payload_left -= part;
        if (c->payload_left == 0) {
            frame_ends(c, out);
        }
    }
    return true;
}

static void raw_read(connection *c, const uint8_t *data, size_t size, bytes *out) {
    if (c->task == ECHO) {
        memcpy(out->data + out->size, data, size);
        out->size += size;
    } else if (c->task == FLOOD) {
        start_flood(c);
    } else if (c->task == TICKS) {
        ticks_add(c);
    } else {
        c->taken += size;
        if (c->taken == c->message_size * c->message_count) {
            put_done(c, out);
        }
    }
}

bool messages_read(connection *c, const uint8_t *data, size_t size, bytes *out) {
    if (c->is_raw) {
        raw_read(c, data, size, out);
        return true;
    }
    return frames_read(c, data, size, out);
}
