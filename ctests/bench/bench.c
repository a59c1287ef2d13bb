#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void usage(void) {
    fail("usage: [--text] [--pull] [--batch] [--loop] [--busy MICROSECONDS] MODE URL N SIZE [CONNS] [INFLIGHT]\n"
         "  MODE  rtt, pipeline, flood, sink, idle or start\n"
         "  URL   ws://HOST:PORT or wss://HOST:PORT");
}

static long number(const char *text, long least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least) {
        usage();
    }
    return value;
}

bench bench_from(int argc, char **argv) {
    bench bench = {.n = 1, .size = 1, .connections = 1, .in_flight = 1};
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--text") == 0) {
            bench.is_text = true;
        } else if (strcmp(argv[at], "--pull") == 0) {
            bench.is_pull = true;
        } else if (strcmp(argv[at], "--batch") == 0) {
            bench.is_pull = bench.is_batch = true;
        } else if (strcmp(argv[at], "--loop") == 0) {
            bench.is_looped = true;
        } else if (strcmp(argv[at], "--busy") == 0 && at + 1 < argc) {
            bench.busy_us = number(argv[++at], 1);
        } else {
            usage();
        }
    }
    if (argc - at < 4 || argc - at > 6) {
        usage();
    }
    bench.mode = argv[at];
    bench.url = argv[at + 1];
    long *numbers[] = {&bench.n, &bench.size, &bench.connections, &bench.in_flight};
    for (int i = 0; at + 2 + i < argc; i++) {
        *numbers[i] = number(argv[at + 2 + i], numbers[i] == &bench.size ? 0 : 1);
    }
    return bench;
}

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *bench_path(const bench *bench) {
    static char path[96];
    if (strcmp(bench->mode, "flood") == 0) {
        snprintf(path, sizeof path, "/flood%s/%ld/%ld", bench->is_text ? "-text" : "", bench->size, bench->n);
    } else if (strcmp(bench->mode, "sink") == 0) {
        snprintf(path, sizeof path, "/sink/%ld/%ld", bench->size, bench->n);
    } else {
        snprintf(path, sizeof path, "/echo");
    }
    return path;
}

/* ---- results ---- */

static long number_in(const char *file, const char *name) {
    char line[256];
    long value = -1;
    FILE *lines = fopen(file, "r");
    while (lines && fgets(line, sizeof line, lines)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtol(line + strlen(name), NULL, 10);
        }
    }
    if (lines) {
        fclose(lines);
    }
    return value;
}

long thread_count(void) {
    return number_in("/proc/self/status", "Threads:");
}

void report_rate(const bench *bench, uint64_t started_ns) {
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    printf("{\"mode\": \"%s\", \"n\": %ld, \"size\": %ld, \"seconds\": %.6f, \"per_second\": %.1f, \"peak\": %ld}\n",
           bench->mode, bench->n, bench->size, seconds, (double)bench->n / seconds,
           number_in("/proc/self/status", "VmHWM:") * 1024);
}

static int by_size(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void report_times(const bench *bench, uint64_t *samples_ns, long count) {
    qsort(samples_ns, (size_t)count, sizeof *samples_ns, by_size);
    printf("{\"mode\": \"%s\", \"n\": %ld, \"size\": %ld, \"p50_us\": %.3f, \"p99_us\": %.3f}\n", bench->mode, count,
           bench->size, (double)samples_ns[count / 2] / 1e3, (double)samples_ns[count * 99 / 100] / 1e3);
}

long resident_bytes(void) {
    usleep(300 * 1000);
    return number_in("/proc/self/smaps_rollup", "Rss:") * 1024;
}

void report_memory(const bench *bench, long first_bytes) {
    long all = resident_bytes();
    printf("{\"mode\": \"%s\", \"connections\": %ld, \"resident\": %ld, \"bytes_each\": %.1f, \"threads\": %ld}\n",
           bench->mode, bench->connections, all, (double)(all - first_bytes) / (double)(bench->connections - 1),
           thread_count());
}

void report_started(const bench *bench) {
    printf("{\"mode\": \"%s\"}\n", bench->mode);
}
