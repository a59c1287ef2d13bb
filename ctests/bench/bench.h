/* Shared by the client and the raw yardstick: the command line, the clock, the line with the result. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is kept from one compressed message to the next. */
typedef enum compression { DEFLATE_OFF, DEFLATE_TAKEOVER, DEFLATE_FRESH } compression;

/* The lines of a file: a message each. */
typedef struct corpus {
    char **lines;
    long *lengths;
    long count;
} corpus;

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
    bool is_reopened; /* connections are opened again when they are lost */
    long busy_us;
    long rate; /* messages a second, on all connections together */
    long hertz; /* it comes to its queue so many times a second, and only then */
    bool is_beside_slow; /* another thread has a connection that is flooded, and is slow to read it */
    compression deflate;
    corpus corpus;
} bench;

/* The exit status for a mode that this library does not have. */
enum { UNAVAILABLE = 77 };

/* Ends the program with a usage line if it cannot be read. */
bench bench_from(int argc, char **argv);

uint64_t now_ns(void);
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
void fail(const char *what);

/* The request's path for a mode; lives until the next call. */
const char *bench_path(const bench *bench);

/* One JSON line on standard output each. */
void report_rate(const bench *bench, uint64_t started_ns);
/* Of a mode that moves the corpus; the bytes that came to the server, or 0. */
void report_corpus(const bench *bench, uint64_t started_ns, long wire_bytes);
/* Sorts them. */
void report_times(const bench *bench, uint64_t *samples_ns, long count);
/* The same where each sample is of so many calls. */
void report_costs(const bench *bench, uint64_t *samples_ns, long count, long calls);
/* `first_bytes` were resident with the first connection open. */
void report_memory(const bench *bench, long first_bytes);
void report_started(const bench *bench);
/* While `connections` were idle for `n` seconds. */
void report_rest(const bench *bench, long wakeups, uint64_t processor_ns, long pings);

/* The exact number of resident bytes of this process, once it is stable. */
long resident_bytes(void);
long thread_count(void);
/* How often threads of this process have slept and were woken. */
long wakeups(void);
uint64_t processor_ns(void);

/* The delay of a message that the server stamped as it sent it. */
uint64_t delay_of(const void *message, uint64_t received_ns);

#ifdef __cplusplus
}
#endif

#endif
