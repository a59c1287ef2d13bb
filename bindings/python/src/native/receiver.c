/*
 * Receiver: takes the events of a queue. Messages go into their channels, and those who wait for them go on; other events are for
 * Python.
 */
#include "native.h"
#include <structmember.h>

enum { BATCH = 256, SLICE_MS = 500, TAKE_BYTES = 64 * 1024 };

static PyObject *errors_of(const ws_event *event)
{
    PyObject *errors = PyTuple_New(event->error_count);
    for (int32_t i = 0; errors != NULL && i < event->error_count; i++) {
        const ws_error *error = &event->errors[i];
        PyObject *entry = Py_BuildValue("(iss)", (int)error->code, error->component, error->message);
        if (entry == NULL || PyTuple_SetItem(errors, i, entry) < 0) {
            Py_CLEAR(errors);
        }
    }
    return errors;
}

static PyObject *message_of(const ws_event *event)
{
    if (event->data_type == HOSTWS_BLOB)
        return PyBytes_FromStringAndSize(event->data, (Py_ssize_t)event->length);
    /* The library has checked it, but the limited API makes no str without a check: 3 us for 64 KiB of ASCII; a copy takes 1. */
    return PyUnicode_DecodeUTF8(event->data, (Py_ssize_t)event->length, NULL);
}

/* RawEvent of _library.py. */
static PyObject *tuple_of(const ws_event *event)
{
    PyObject *errors = errors_of(event);
    if (errors == NULL)
        return NULL;
    return Py_BuildValue("(iiisiNLKy#)", (int)event->ws, (int)event->type, (int)event->code,
                         event->reason ? event->reason : "", (int)event->was_clean, errors, (long long)event->delay_ms,
                         (unsigned long long)event->round_trip_us, event->data ? event->data : "",
                         (Py_ssize_t)event->length);
}

/* Counts what ends the memory of all events: a fork, and the end of the library. */
static int endings;

typedef struct receiver {
    receiver_head head;
    int queue;
    int endings_seen;
    int32_t at, count;  /* those of `events` that are still to take */
    char is_reading;    /* something has come that the library does not know to be read */
    char took_much;     /* the last take() has, and there may be more by now */
    int looks;          /* for whether the program has read, since something has come */
    alarm_clock alarm;  /* for the next look */
    waiter_list woken;  /* of those for whom something has come, until they are set */
    ws_event events[BATCH];
} receiver;

PyTypeObject *receiver_type;

static int receiver_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    receiver *self = (receiver *)object;
    (void)keywords;
    self->at = self->count = 0;
    self->endings_seen = endings;
    self->alarm = no_alarm;
    return PyArg_ParseTuple(arguments, "i", &self->queue) ? 0 : -1;
}

static int receiver_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    return waiters_traverse(&((receiver *)object)->woken, visit, arg);
}

static int receiver_clear(PyObject *object)
{
    waiters_clear(&((receiver *)object)->woken);
    return 0;
}

static void receiver_free(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    receiver_clear(object);
    alarm_end(&((receiver *)object)->alarm);
    free_of(type)(object);
    Py_DECREF(type);
}

static int has_events(receiver *self)
{
    if (self->endings_seen != endings)
        self->at = self->count = 0;
    self->endings_seen = endings;
    return self->at < self->count;
}

static int fetch(receiver *self, int timeout_ms)
{
    self->at = self->count = 0;
    self->events[0].struct_size = sizeof self->events[0];
    return ws_next_batch(self->queue, self->events, BATCH, timeout_ms);
}

/* Waits until there is something to take: 1; 0 if the time is up; -1: an exception; or a result of ws_next_batch(). */
static int wait_for_events(receiver *self, int timeout_ms)
{
    /* Without giving the interpreter's lock away, if something is here already. */
    int32_t count = has_events(self) ? 0 : fetch(self, 0);
    while (count == 0 && self->at == self->count && timeout_ms != 0) {
        /* A signal that another thread has handled is seen after a slice at most. */
        int slice = timeout_ms < 0 || timeout_ms > SLICE_MS ? SLICE_MS : timeout_ms;
        Py_BEGIN_ALLOW_THREADS
        count = fetch(self, slice);
        Py_END_ALLOW_THREADS
        /* Its handler may receive as well. */
        if (count == 0 && PyErr_CheckSignals() < 0)
            return -1;
        if (timeout_ms > 0)
            timeout_ms -= slice;
    }
    if (count > 0)
        self->count = count;
    return count;
}

/* That of a connection: the one that there is, or what a dict has for its id; NULL if nobody wants its events any more. */
static channel *channel_of(PyObject *channels, ws_id ws)
{
    if (channel_is(channels))
        return (channel *)channels;
    PyObject *id = PyLong_FromLong(ws);
    PyObject *found = id ? PyDict_GetItemWithError(channels, id) : NULL;
    Py_XDECREF(id);
    return found && channel_is(found) ? (channel *)found : NULL;
}

int receiver_take(PyObject *object, int timeout_ms, PyObject *channels, PyObject **came)
{
    receiver *self = (receiver *)object;
    *came = NULL;
    self->took_much = 0;
    int result = wait_for_events(self, timeout_ms);
    if (result >= 0)
        self->is_reading = self->at < self->count;
    if (result < 0 || self->at == self->count) {
        *came = PyErr_Occurred() ? NULL : PyLong_FromLong(result);
        return 0;
    }
    self->looks = 0;
    channel *to = NULL; /* borrowed: `channels` has it */
    ws_id of = 0;
    int64_t bytes = 0;
    for (; self->at < self->count && bytes < TAKE_BYTES; self->at++) {
        const ws_event *event = &self->events[self->at];
        bytes += event->length;
        if (event->type != HOSTWS_EVENT_MESSAGE) {
            *came = tuple_of(event);
            self->at += *came != NULL;
            return 0;
        }
        if (of != event->ws) {
            of = event->ws;
            to = channel_of(channels, of);
            if (to != NULL)
                waiters_move(&to->waiters, &self->woken);
            else if (PyErr_Occurred())
                return 0;
        }
        if (to != NULL) {
            PyObject *message = message_of(event);
            if (message == NULL || channel_put(to, message) < 0)
                return 0;
        }
    }
    self->took_much = bytes >= TAKE_BYTES;
    return 1;
}

/*
 * take(timeout_ms, channels) -> 1: messages have come; 0: the time is up; a negative result of ws_next_batch(); or another event, a
 * tuple, before which messages may have come. `channels` is a Channel, or a dict with one for each id. Of large messages it takes a
 * few at a time, so that their memory is used again while it is in the cache.
 */
static PyObject *take(PyObject *object, PyObject *arguments)
{
    PyObject *channels, *came;
    int timeout_ms;
    if (!PyArg_ParseTuple(arguments, "iO", &timeout_ms, &channels))
        return NULL;
    return receiver_take(object, timeout_ms, channels, &came) ? PyLong_FromLong(1) : came;
}

static int has_left(receiver *self)
{
    /* A turn of the host's loop takes as long as a large message: it is left to the loop if the program does not keep up. */
    return has_events(self) || self->count == BATCH || (self->took_much && self->head.unread == 0);
}

/*
 * deliver(channels): take() without a wait, and then those who wait for what has come go on. -> whether there is more, of which the
 * queue's descriptor does not tell; or the event that has come: after it, rouse() and wake() are to be called. The alarm is set.
 */
static PyObject *deliver(PyObject *object, PyObject *channels)
{
    receiver *self = (receiver *)object;
    PyObject *came;
    int is_plain = receiver_take(object, 0, channels, &came);
    if (self->is_reading)
        alarm_set(&self->alarm);
    if (!is_plain) {
        if (came == NULL || PyTuple_Check(came))
            return came;
        Py_DECREF(came);
    }
    return waiters_set(&self->woken) < 0 ? NULL : PyBool_FromLong(has_left(self));
}

/* rouse(channel): those who wait for it go on at the next wake(). */
static PyObject *rouse(PyObject *object, PyObject *of)
{
    if (!channel_is(of)) {
        PyErr_SetString(PyExc_TypeError, "rouse() takes a channel");
        return NULL;
    }
    waiters_move(&((channel *)of)->waiters, &((receiver *)object)->woken);
    Py_RETURN_NONE;
}

static PyObject *wake(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    if (waiters_set(&((receiver *)object)->woken) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* left() -> whether take() may have something without waiting, which the queue's descriptor does not tell. */
static PyObject *left(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return PyBool_FromLong(has_left((receiver *)object));
}

/*
 * use_alarm(seconds) -> a descriptor that is readable so long after deliver() has found something, until hush(). -1: there is none.
 */
static PyObject *use_alarm(PyObject *object, PyObject *seconds)
{
    double after = PyFloat_AsDouble(seconds);
    if (after == -1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(alarm_begin(&((receiver *)object)->alarm, after));
}

/* hush(again): the alarm was heard. Whether it is set again. */
static PyObject *hush(PyObject *object, PyObject *again)
{
    receiver *self = (receiver *)object;
    alarm_hush(&self->alarm);
    if (PyObject_IsTrue(again) == 1)
        alarm_set(&self->alarm);
    Py_RETURN_NONE;
}

/* drop(): its queue goes, and what it has with it. */
static PyObject *drop(PyObject *object, PyObject *nothing)
{
    receiver *self = (receiver *)object;
    (void)nothing;
    self->at = self->count = 0;
    alarm_end(&self->alarm);
    Py_RETURN_NONE;
}

/* drop_all(): nothing that any receiver has is valid any more. */
static PyObject *drop_all(PyObject *module, PyObject *nothing)
{
    (void)module;
    (void)nothing;
    endings++;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"drop_all", drop_all, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef receiver_members[] = {
    {"is_reading", T_BOOL, offsetof(receiver, is_reading), READONLY, NULL},
    {"looks", T_INT, offsetof(receiver, looks), 0, NULL},
    {"unread", T_PYSSIZET, offsetof(receiver, head.unread), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef receiver_methods[] = {
    {"take", take, METH_VARARGS, NULL},
    {"deliver", deliver, METH_O, NULL},
    {"rouse", rouse, METH_O, NULL},
    {"wake", wake, METH_NOARGS, NULL},
    {"left", left, METH_NOARGS, NULL},
    {"use_alarm", use_alarm, METH_O, NULL},
    {"hush", hush, METH_O, NULL},
    {"drop", drop, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot receiver_slots[] = {
    {Py_tp_init, receiver_init},   {Py_tp_traverse, receiver_traverse}, {Py_tp_clear, receiver_clear},
    {Py_tp_dealloc, receiver_free}, {Py_tp_members, receiver_members},   {Py_tp_methods, receiver_methods},
    {0, NULL},
};

static PyType_Spec receiver_spec = {"hostws._native.Receiver", sizeof(receiver), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                    receiver_slots};

int receiver_add_type(PyObject *module)
{
    receiver_type = (PyTypeObject *)PyType_FromSpec(&receiver_spec);
    if (receiver_type == NULL)
        return -1;
    Py_INCREF(receiver_type);
    if (PyModule_AddObject(module, "Receiver", (PyObject *)receiver_type) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
