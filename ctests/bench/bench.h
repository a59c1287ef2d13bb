/* Shared by the client and the raw yardstick: the command line, the clock, the line with the result. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* PROGRAM MODE URL N SIZE [CONNS] [INFLIGHT], and flags before MODE. */
typedef struct bench {
    const char *mode;
    const char *url; /* without a path */
    long n;
    long size;
    long connections;
    long in_flight;
    bool is_text;
    bool is_pull;
    bool is_batch; /* several in a call */
    bool is_looped; /* it waits in an event loop of its own */
    long busy_us;
} bench;

/* The exit status for a mode that this library does not have. */
enum { UNAVAILABLE = 77 };

/* Ends the program with a usage line if it cannot be read. */
bench bench_from(int argc, char **argv);

uint64_t now_ns(void);
_Noreturn void fail(const char *what);

/* The request's path for a mode; lives until the next call. */
const char *bench_path(const bench *bench);

/* One JSON line on standard output each. */
void report_rate(const bench *bench, uint64_t started_ns);
/* Sorts them. */
void report_times(const bench *bench, uint64_t *samples_ns, long count);
/* `first_bytes` were resident with the first connection open. */
void report_memory(const bench *bench, long first_bytes);
void report_started(const bench *bench);

/* The exact number of resident bytes of this process, once it is stable. */
long resident_bytes(void);
long thread_count(void);

#endif
