/* launch N COMMAND...: runs the command N times, one after the other, and prints how long each took. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 3) {
        fail("usage: launch N COMMAND...");
    }
    bench bench = {.mode = "start", .n = atol(argv[1])};
    uint64_t *samples = calloc((size_t)bench.n, sizeof *samples);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    for (long i = 0; i < bench.n; i++) {
        pid_t pid;
        int status;
        uint64_t started = now_ns();
        if (posix_spawnp(&pid, argv[2], &quiet, NULL, argv + 2, environ) || waitpid(pid, &status, 0) != pid) {
            fail("launch: it does not start");
        }
        samples[i] = now_ns() - started;
        if (WIFEXITED(status) && WEXITSTATUS(status) == UNAVAILABLE) {
            return UNAVAILABLE;
        }
        if (status) {
            fail("launch: it failed");
        }
    }
    report_times(&bench, samples, bench.n);
    return 0;
}
