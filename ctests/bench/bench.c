#define _GNU_SOURCE
#include "bench.h"

#include <dirent.h>
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
    fail("usage: [FLAGS] MODE URL N SIZE [CONNS] [INFLIGHT]\n"
         "  MODE   rtt, pipeline, flood, sink, idle, start, latency, deflate, inflate, rest, call-send, call-gather,\n"
         "         call-poll or call-status\n"
         "  URL    ws://HOST:PORT or wss://HOST:PORT\n"
         "  FLAGS  --text --pull --batch --loop --reconnect --slow --busy MICROSECONDS --rate MESSAGES\n"
         "         --hertz TIMES --deflate takeover|fresh --corpus FILE");
}

static long number(const char *text, long least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least) {
        usage();
    }
    return value;
}

static corpus corpus_from(const char *file) {
    corpus corpus = {NULL, NULL, 0};
    FILE *lines = fopen(file, "r");
    if (!lines) {
        fail("the corpus cannot be read");
    }
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, lines)) > 0; corpus.count++) {
        corpus.lines = realloc(corpus.lines, (size_t)(corpus.count + 1) * sizeof *corpus.lines);
        corpus.lengths = realloc(corpus.lengths, (size_t)(corpus.count + 1) * sizeof *corpus.lengths);
        corpus.lines[corpus.count] = strndup(line, (size_t)length - 1);
        corpus.lengths[corpus.count] = (long)length - 1;
    }
    free(line);
    fclose(lines);
    return corpus;
}

bench bench_from(int argc, char **argv) {
    bench bench = {.n = 1, .size = 1, .connections = 1, .in_flight = 1, .rate = 1};
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
        } else if (strcmp(argv[at], "--reconnect") == 0) {
            bench.is_reopened = true;
        } else if (strcmp(argv[at], "--slow") == 0) {
            bench.is_beside_slow = true;
        } else if (at + 1 == argc) {
            usage();
        } else if (strcmp(argv[at], "--busy") == 0) {
            bench.busy_us = number(argv[++at], 1);
        } else if (strcmp(argv[at], "--rate") == 0) {
            bench.rate = number(argv[++at], 1);
        } else if (strcmp(argv[at], "--hertz") == 0) {
            bench.hertz = number(argv[++at], 1);
        } else if (strcmp(argv[at], "--deflate") == 0) {
            bench.deflate = strcmp(argv[++at], "fresh") == 0 ? DEFLATE_FRESH : DEFLATE_TAKEOVER;
        } else if (strcmp(argv[at], "--corpus") == 0) {
            bench.corpus = corpus_from(argv[++at]);
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
    } else if (strcmp(bench->mode, "latency") == 0) {
        snprintf(path, sizeof path, "/ticks/%ld/%ld/%ld", bench->size, bench->n / bench->connections,
                 bench->connections * 1000000000 / bench->rate);
    } else if (strcmp(bench->mode, "inflate") == 0) {
        snprintf(path, sizeof path, "/json/%ld", bench->n);
    } else if (strcmp(bench->mode, "deflate") == 0) {
        snprintf(path, sizeof path, "/weigh/%ld", bench->n);
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

uint64_t processor_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

long wakeups(void) {
    long sum = 0;
    struct dirent *task;
    DIR *tasks = opendir("/proc/self/task");
    while (tasks && (task = readdir(tasks))) {
        char file[300];
        snprintf(file, sizeof file, "/proc/self/task/%s/status", task->d_name);
        if (task->d_name[0] != '.') {
            sum += number_in(file, "voluntary_ctxt_switches:");
        }
    }
    closedir(tasks);
    return sum;
}

uint64_t delay_of(const void *message, uint64_t received_ns) {
    uint64_t sent_ns;
    memcpy(&sent_ns, message, sizeof sent_ns);
    return received_ns - sent_ns;
}

void report_rate(const bench *bench, uint64_t started_ns) {
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    printf("{\"mode\": \"%s\", \"n\": %ld, \"size\": %ld, \"seconds\": %.6f, \"per_second\": %.1f, \"peak\": %ld}\n",
           bench->mode, bench->n, bench->size, seconds, (double)bench->n / seconds,
           number_in("/proc/self/status", "VmHWM:") * 1024);
}

void report_corpus(const bench *bench, uint64_t started_ns, long wire_bytes) {
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    double bytes = 0;
    for (long i = 0; i < bench->n; i++) {
        bytes += (double)bench->corpus.lengths[i % bench->corpus.count];
    }
    printf("{\"mode\": \"%s\", \"n\": %ld, \"seconds\": %.6f, \"mb_per_second\": %.3f", bench->mode, bench->n, seconds,
           bytes / seconds / 1e6);
    if (wire_bytes) {
        printf(", \"ratio\": %.3f", bytes / (double)wire_bytes);
    }
    printf("}\n");
}

static int by_size(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void report_costs(const bench *bench, uint64_t *samples_ns, long count, long calls) {
    qsort(samples_ns, (size_t)count, sizeof *samples_ns, by_size);
    double unit = 1e3 * (double)calls, sum_ns = 0;
    for (long i = 0; i < count; i++) {
        sum_ns += (double)samples_ns[i];
    }
    printf("{\"mode\": \"%s\", \"n\": %ld, \"size\": %ld, \"mean_us\": %.4f, ", bench->mode, count, bench->size,
           sum_ns / (double)count / unit);
    printf("\"p50_us\": %.4f, \"p99_us\": %.4f, \"p999_us\": %.4f}\n", (double)samples_ns[count / 2] / unit,
           (double)samples_ns[count * 99 / 100] / unit, (double)samples_ns[count * 999 / 1000] / unit);
}

void report_times(const bench *bench, uint64_t *samples_ns, long count) {
    report_costs(bench, samples_ns, count, 1);
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

void report_rest(const bench *bench, long wakeups, uint64_t processor_ns, long pings) {
    double minutes = (double)bench->n / 60;
    printf("{\"mode\": \"%s\", \"connections\": %ld, \"pings\": %ld, \"wakeups\": %ld, \"wakeups_a_ping\": %.3f, "
           "\"processor_ms_a_minute\": %.2f}\n",
           bench->mode, bench->connections, pings, wakeups, pings ? (double)wakeups / (double)pings : 0,
           (double)processor_ns / 1e6 / minutes);
}
