/* The messages of a file in frames, compressed once with zlib and then sent again and again. */
#define _GNU_SOURCE
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FIRST = 0x81, FIRST_DEFLATED = 0xc1, TAIL = 4 }; /* a text's first byte; the bytes that each message ends without */

static bytes corpus;

void corpus_read(const char *file) {
    FILE *input = fopen(file, "r");
    if (!input) {
        perror(file);
        exit(1);
    }
    fseek(input, 0, SEEK_END);
    corpus.size = (size_t)ftell(input);
    corpus.data = malloc(corpus.size);
    rewind(input);
    corpus.size = fread(corpus.data, 1, corpus.size, input);
    fclose(input);
}

static void append(bytes *block, uint8_t first, const uint8_t *data, size_t size) {
    block->data = realloc(block->data, block->size + size + 14);
    block->size += put_header(block->data + block->size, first, size);
    memcpy(block->data + block->size, data, size);
    block->size += size;
}

static void append_deflated(bytes *block, z_stream *z, const uint8_t *data, size_t size) {
    size_t room = deflateBound(z, size) + 64;
    uint8_t *out = malloc(room);
    z->next_in = (uint8_t *)data;
    z->avail_in = (uInt)size;
    z->next_out = out;
    z->avail_out = (uInt)room;
    deflate(z, Z_SYNC_FLUSH);
    append(block, FIRST_DEFLATED, out, room - z->avail_out - TAIL);
    free(out);
}

/* The first message of a block refers to nothing before it, so a block can follow any other. */
static bytes make_block(bool is_deflated, bool is_fresh, uint64_t *messages) {
    bytes block = {NULL, 0};
    z_stream z = {0};
    deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    const uint8_t *at = corpus.data, *end = corpus.data + corpus.size, *newline;
    while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
        size_t size = (size_t)(newline - at);
        if (is_deflated) {
            append_deflated(&block, &z, at, size);
        } else {
            append(&block, FIRST, at, size);
        }
        if (is_fresh) {
            deflateReset(&z);
        }
        at = newline + 1;
        ++*messages;
    }
    deflateEnd(&z);
    return block;
}

const bytes *corpus_block(const connection *c, uint64_t *messages) {
    static struct {
        bytes block;
        uint64_t messages;
    } kinds[3];
    size_t kind = !c->is_deflated ? 0 : c->is_fresh ? 1 : 2;
    if (!kinds[kind].block.data) {
        kinds[kind].block = make_block(c->is_deflated, c->is_fresh, &kinds[kind].messages);
    }
    *messages = kinds[kind].messages;
    return &kinds[kind].block;
}
