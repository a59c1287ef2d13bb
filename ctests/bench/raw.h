/* The yardstick's parts. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include "bench.h"
#include "stream.h"

/* Connected, and past the one line of the handshake. */
stream open_stream(const bench *bench, const char *path);
/* All bytes, or the program ends. */
void write_whole(stream *stream, const char *data, size_t size);

/* raw_latency.c */
void latency(const bench *bench);

/* raw_deflate.c: what zlib alone can do, with no network. */
void deflate_corpus(const bench *bench);
void inflate_corpus(const bench *bench);

#endif
