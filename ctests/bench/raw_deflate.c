/* The yardstick for compression: zlib at the same level, in memory, a message at a time. */
#include "raw.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { RAW_WINDOW = -15, MEMORY = 8 };

typedef struct packed {
    unsigned char *data;
    size_t size;
} packed;

static z_stream *deflater(void) {
    z_stream *z = calloc(1, sizeof *z);
    deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW, MEMORY, Z_DEFAULT_STRATEGY);
    return z;
}

static size_t deflate_line(const bench *bench, z_stream *z, long at, unsigned char *out, size_t room) {
    z->next_in = (unsigned char *)bench->corpus.lines[at];
    z->avail_in = (unsigned)bench->corpus.lengths[at];
    z->next_out = out;
    z->avail_out = (unsigned)room;
    deflate(z, Z_SYNC_FLUSH);
    size_t size = room - z->avail_out;
    if (bench->deflate == DEFLATE_FRESH) {
        deflateReset(z);
    }
    return size;
}

static size_t room_for_all(const bench *bench) {
    size_t most = 0;
    for (long i = 0; i < bench->corpus.count; i++) {
        size_t length = (size_t)bench->corpus.lengths[i];
        most = length > most ? length : most;
    }
    return most + 1024;
}

void deflate_corpus(const bench *bench) {
    size_t room = room_for_all(bench), wire_bytes = 0;
    unsigned char *out = malloc(room);
    z_stream *z = deflater();
    uint64_t started = now_ns();
    for (long i = 0; i < bench->n; i++) {
        wire_bytes += deflate_line(bench, z, i % bench->corpus.count, out, room) - 4; /* as RFC 7692 tells */
    }
    report_corpus(bench, started, (long)wire_bytes);
}

void inflate_corpus(const bench *bench) {
    size_t room = room_for_all(bench);
    unsigned char *out = malloc(room);
    packed *all = calloc((size_t)bench->corpus.count, sizeof *all);
    z_stream *z = deflater();
    for (long i = 0; i < bench->corpus.count; i++) {
        all[i].size = deflate_line(bench, z, i, out, room);
        all[i].data = malloc(all[i].size);
        memcpy(all[i].data, out, all[i].size);
    }
    z_stream inflater = {0};
    inflateInit2(&inflater, RAW_WINDOW);
    uint64_t started = now_ns();
    for (long i = 0; i < bench->n; i++) {
        packed *message = &all[i % bench->corpus.count];
        inflater.next_in = message->data;
        inflater.avail_in = (unsigned)message->size;
        inflater.next_out = out;
        inflater.avail_out = (unsigned)room;
        inflate(&inflater, Z_SYNC_FLUSH);
        if (room - inflater.avail_out != (size_t)bench->corpus.lengths[i % bench->corpus.count]) {
            fail("raw: a message of another length");
        }
    }
    report_corpus(bench, started, 0);
}
