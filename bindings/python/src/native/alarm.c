/*
 * An alarm clock with a descriptor, which an event loop watches like any other. A timer of asyncio's own costs something in each turn
 * of the loop, until it is due.
 */
#include "native.h"

#ifdef __linux__

#include <sys/timerfd.h>
#include <unistd.h>

int alarm_begin(alarm_clock *self, double seconds)
{
    alarm_end(self);
    self->after_ns = (long)(seconds * 1e9);
    self->descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return self->descriptor;
}

void alarm_set(alarm_clock *self)
{
    if (self->descriptor < 0 || self->is_set)
        return;
    struct itimerspec when = {.it_value = {.tv_nsec = self->after_ns}};
    self->is_set = timerfd_settime(self->descriptor, 0, &when, NULL) == 0;
}

void alarm_hush(alarm_clock *self)
{
    uint64_t rings;
    if (self->descriptor >= 0)
        self->is_set = read(self->descriptor, &rings, sizeof rings) < 0 && self->is_set;
}

void alarm_end(alarm_clock *self)
{
    if (self->descriptor >= 0)
        close(self->descriptor);
    *self = no_alarm;
}

#else

int alarm_begin(alarm_clock *self, double seconds)
{
    (void)self;
    (void)seconds;
    return -1;
}

void alarm_set(alarm_clock *self)
{
    (void)self;
}

void alarm_hush(alarm_clock *self)
{
    (void)self;
}

void alarm_end(alarm_clock *self)
{
    (void)self;
}

#endif

const alarm_clock no_alarm = {-1, 0, 0};
