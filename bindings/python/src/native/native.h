/*
 * What every message takes, without ctypes: a Receiver for each queue, a Channel for each connection. Everything else is Python.
 *
 * Only the limited API of Python 3.9, so that one build serves every later version. _pure.py has the same in Python.
 */
#ifndef HOSTWS_NATIVE_H
#define HOSTWS_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <hostws.h>

/* Slots and flags that the limited API has only from Python 3.10 on. METH_FASTCALL is the same in 3.9. */
#ifndef METH_FASTCALL
#define METH_FASTCALL 0x0080
#endif
enum { SLOT_AM_SEND = 81, SINCE_AM_SEND = 0x030a0000 };
/* What am_send gives: PySendResult. */
enum { SEND_FAILED = -1, SEND_RETURNED = 0, SEND_YIELDED = 1 };

typedef struct attempt attempt;
typedef struct waiter waiter;
typedef struct waiter_list {
    waiter *first, *last;
} waiter_list;

/* The messages of one connection that have come and that nobody has taken, and the way to send. */
typedef struct channel {
    PyObject_HEAD
    int id;
    char is_object;                /* messages pass `loads` and `dumps` */
    char pauses;                   /* if nobody takes the messages, the connection is paused */
    char is_paused;
    PyObject *loads, *dumps;
    PyObject **items;              /* a ring; `room` is a power of two */
    Py_ssize_t first, count, room;
    waiter_list waiters;           /* of those who wait for something to come */
    PyObject *end;                 /* the exception that every call raises once it is set */
    PyObject *receiver;            /* of its queue; if the program blocks: */
    PyObject *pumping;             /* the lock of who takes from it */
    Py_ssize_t turn;               /* counts how often somebody has had it */
    Py_ssize_t others;             /* threads that wait until it is free */
    PyObject *loop;                /* asyncio's, by a weak reference, or None */
    attempt *spare;                /* memory for the next one */
} channel;

/* Those of channel.c. Takes over `item`; -1: an exception. */
int channel_put(channel *self, PyObject *item);
/* The oldest message, of which there must be one, as the program gets it. */
PyObject *channel_next(channel *self);
/* Sends what has passed `dumps`: a result of ws_send(), or `channel_raised`. */
int32_t channel_send(channel *self, PyObject *message);
PyObject *channel_encoded(channel *self, PyObject *message);
/* Raises what a negative result of channel_send() means. */
PyObject *channel_refused(channel *self, int32_t result);
int channel_is(PyObject *object);
int channel_add_types(PyObject *module);
extern const int32_t channel_raised;

/* Those of attempt.c: coroutines that are over at once if they can be, and that else go on as one of Python's. */
typedef enum { ATTEMPT_RECV, ATTEMPT_NEXT, ATTEMPT_SEND } attempt_kind;
PyObject *attempt_new(channel *of, attempt_kind kind, PyObject *message);
void attempt_free_spare(channel *of);
int attempt_add_type(PyObject *module);

/* Those of waiter.c. A list owns what is in it. */
waiter *waiter_new(PyObject *loop, waiter_list *list);
/* What a coroutine yields while it waits; NULL once the waiter is set. */
PyObject *waiter_yielded(waiter *self);
void waiter_forget(waiter *self);
void waiters_move(waiter_list *from, waiter_list *to);
/* Sets each, up to one whose callback raises: -1. */
int waiters_set(waiter_list *list);
void waiters_clear(waiter_list *list);
int waiters_traverse(waiter_list *list, visitproc visit, void *arg);
int waiter_add_type(void);

/* Those of alarm.c. */
typedef struct alarm_clock {
    int descriptor;     /* readable while it rings; -1: it has none */
    char is_set;
    long after_ns;      /* less than a second */
} alarm_clock;
extern const alarm_clock no_alarm;
/* The descriptor of an alarm that rings so long after it was set, or -1 where there is none. */
int alarm_begin(alarm_clock *self, double seconds);
/* If it is set, it stays as it is. */
void alarm_set(alarm_clock *self);
/* It rings no more. */
void alarm_hush(alarm_clock *self);
void alarm_end(alarm_clock *self);

/* Those of receiver.c. What a Receiver begins with: */
typedef struct receiver_head {
    PyObject_HEAD
    Py_ssize_t unread;  /* messages that the program has not taken out of their channels */
} receiver_head;
extern PyTypeObject *receiver_type;
static inline int receiver_is(PyObject *object)
{
    return object != NULL && Py_TYPE(object) == receiver_type;
}
/* So many messages more wait for the program. Each is counted twice, so no call is made for it. */
static inline void receiver_count(PyObject *object, Py_ssize_t more)
{
    if (receiver_is(object))
        ((receiver_head *)object)->unread += more;
}
/* As take(). 1: messages alone have come for `channels`; 0: something else has happened, which is in `came`. */
int receiver_take(PyObject *object, int timeout_ms, PyObject *channels, PyObject **came);
int receiver_add_type(PyObject *module);

/* The functions of a type's slots that are to be called for it. */
freefunc free_of(PyTypeObject *type);
/* That of a type whose objects only this module makes. */
PyObject *refuse_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords);

#endif
