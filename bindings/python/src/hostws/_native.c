/*
 * What every message takes, without ctypes: a function to send, and a type to receive. Everything else is in _library.py.
 *
 * Only the limited API of Python 3.9, so that one file serves every later version.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <hostws.h>

enum { BATCH = 256, SLICE_MS = 500, TAKE_BYTES = 64 * 1024 };

/* send(ws, data, data_type) -> a result of ws_send(). `data` is str or anything that bytes() takes; 0 is its own type. */
static PyObject *send_message(PyObject *module, PyObject *arguments)
{
    int ws, data_type;
    PyObject *data, *bytes;
    char *buffer;
    Py_ssize_t length;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iOi", &ws, &data, &data_type))
        return NULL;
    if (PyUnicode_Check(data)) {
        bytes = PyUnicode_AsUTF8String(data);
        data_type = data_type ? data_type : HOSTWS_TEXT;
    } else {
        bytes = PyBytes_CheckExact(data) ? (Py_INCREF(data), data) : PyBytes_FromObject(data);
        data_type = data_type ? data_type : HOSTWS_BLOB;
    }
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &buffer, &length) < 0) {
        Py_XDECREF(bytes);
        return NULL;
    }
    int32_t result = ws_send(ws, buffer, length, data_type);
    Py_DECREF(bytes);
    return PyLong_FromLong(result);
}

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

static PyObject *item_of(const ws_event *event)
{
    if (event->type == HOSTWS_EVENT_MESSAGE) {
        if (event->data_type == HOSTWS_BLOB)
            return PyBytes_FromStringAndSize(event->data, (Py_ssize_t)event->length);
        return PyUnicode_DecodeUTF8(event->data, (Py_ssize_t)event->length, NULL);
    }
    PyObject *errors = errors_of(event);
    if (errors == NULL)
        return NULL;
    return Py_BuildValue("(iiisiNLKy#)", (int)event->ws, (int)event->type, (int)event->code,
                         event->reason ? event->reason : "", (int)event->was_clean, errors, (long long)event->delay_ms,
                         (unsigned long long)event->round_trip_us, event->data ? event->data : "",
                         (Py_ssize_t)event->length);
}

/* ---- Receiver(queue) ---- */

/* Counts what ends the memory of all events: a fork, and the end of the library. */
static int endings;

typedef struct receiver {
    PyObject_HEAD
    int queue;
    int endings_seen;
    int32_t at, count; /* those of `events` that are still to take */
    ws_event events[BATCH];
} receiver;

static int receiver_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    receiver *self = (receiver *)object;
    (void)keywords;
    self->at = self->count = 0;
    self->endings_seen = endings;
    return PyArg_ParseTuple(arguments, "i", &self->queue) ? 0 : -1;
}

static void receiver_free(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_Free(object);
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

/*
 * take(timeout_ms) -> [id, item, id, item ...], where an item is a list of messages (str, bytes) or another event (a tuple);
 * empty if the time is up; or a negative result of ws_next_batch(). Of large messages it takes a few at a time, so that
 * their memory is used again while it is in the cache.
 */
static PyObject *take(PyObject *object, PyObject *arguments)
{
    receiver *self = (receiver *)object;
    int timeout_ms;
    if (!PyArg_ParseTuple(arguments, "i", &timeout_ms))
        return NULL;
    int result = wait_for_events(self, timeout_ms);
    if (result < 0)
        return PyErr_Occurred() ? NULL : PyLong_FromLong(result);
    PyObject *items = PyList_New(0);
    PyObject *messages = NULL; /* borrowed: those of `of`, which may go on */
    ws_id of = 0;
    for (int64_t bytes = 0; items != NULL && self->at < self->count && bytes < TAKE_BYTES; self->at++) {
        const ws_event *event = &self->events[self->at];
        bytes += event->length;
        PyObject *item = item_of(event);
        int is_kept = item != NULL;
        if (event->type != HOSTWS_EVENT_MESSAGE || messages == NULL || of != event->ws) {
            PyObject *id = PyLong_FromLong(event->ws);
            PyObject *entry = event->type == HOSTWS_EVENT_MESSAGE ? PyList_New(0) : item;
            is_kept = is_kept && id != NULL && entry != NULL && PyList_Append(items, id) == 0 && PyList_Append(items, entry) == 0;
            messages = entry != item ? entry : NULL;
            of = event->ws;
            Py_XDECREF(id);
            if (messages != NULL)
                Py_DECREF(messages); /* `items` has it */
        }
        if (is_kept && messages != NULL)
            is_kept = PyList_Append(messages, item) == 0;
        Py_XDECREF(item);
        if (!is_kept)
            Py_CLEAR(items);
    }
    return items;
}

/* left() -> whether take() has something without waiting, which the queue's descriptor does not tell. */
static PyObject *left(PyObject *object, PyObject *nothing)
{
    receiver *self = (receiver *)object;
    (void)nothing;
    return PyBool_FromLong(has_events(self));
}

/* drop(): its queue goes, and what it has with it. */
static PyObject *drop(PyObject *object, PyObject *nothing)
{
    receiver *self = (receiver *)object;
    (void)nothing;
    self->at = self->count = 0;
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

static PyMethodDef receiver_methods[] = {
    {"take", take, METH_VARARGS, NULL},
    {"left", left, METH_NOARGS, NULL},
    {"drop", drop, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot receiver_slots[] = {
    {Py_tp_init, receiver_init},
    {Py_tp_dealloc, receiver_free},
    {Py_tp_methods, receiver_methods},
    {0, NULL},
};

static PyType_Spec receiver_spec = {"hostws._native.Receiver", sizeof(receiver), 0, Py_TPFLAGS_DEFAULT, receiver_slots};

/* ---- the module ---- */

static PyMethodDef methods[] = {
    {"send", send_message, METH_VARARGS, NULL},
    {"drop_all", drop_all, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "hostws._native", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyObject *type = PyType_FromSpec(&receiver_spec);
    if (module == NULL || type == NULL || PyModule_AddObject(module, "Receiver", type) < 0) {
        Py_XDECREF(type);
        Py_CLEAR(module);
    }
    return module;
}
