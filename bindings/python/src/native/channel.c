/*
 * Channel, and what it is for programs that block (SyncChannel) and for those of an event loop (AsyncChannel). The classes of
 * Python that inherit them have the methods that wait: _wait_message, _wait_next, _wait_send, _came,
 * _tell, and _check, which raises.
 */
#include "native.h"
#include <structmember.h>

/* A connection that nobody reads is paused, so that its server waits and nothing piles up. */
enum { MUCH = 1024, LITTLE = 256 };

const int32_t channel_raised = INT32_MIN;

static PyTypeObject *channel_type;
static PyObject *name_wait_message, *name_wait_next, *name_wait_send, *name_check, *name_came;
static PyObject *name_acquire, *name_release, *name_tell;
/* Those of send(); recv() has the last. */
static PyObject *argument_names[2];

/* ---- what has come ---- */

static int make_room(channel *self)
{
    Py_ssize_t room = self->room ? self->room * 2 : 16;
    PyObject **items = PyMem_Malloc((size_t)room * sizeof *items);
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->count; i++)
        items[i] = self->items[(self->first + i) & (self->room - 1)];
    PyMem_Free(self->items);
    self->items = items;
    self->room = room;
    self->first = 0;
    return 0;
}

int channel_put(channel *self, PyObject *item)
{
    if (self->count == self->room && make_room(self) < 0) {
        Py_DECREF(item);
        return -1;
    }
    self->items[(self->first + self->count) & (self->room - 1)] = item;
    self->count++;
    receiver_count(self->receiver, 1);
    if (self->count >= MUCH && self->pauses && !self->is_paused) {
        self->is_paused = 1;
        ws_pause(self->id, 1);
    }
    return 0;
}

static PyObject *pop(channel *self)
{
    PyObject *item = self->items[self->first];
    self->first = (self->first + 1) & (self->room - 1);
    self->count--;
    receiver_count(self->receiver, -1);
    if (self->is_paused && self->count <= LITTLE) {
        self->is_paused = 0;
        ws_pause(self->id, 0);
    }
    return item;
}

PyObject *channel_next(channel *self)
{
    PyObject *item = pop(self);
    if (self->is_object) {
        PyObject *loaded = PyObject_CallFunctionObjArgs(self->loads, item, NULL);
        Py_DECREF(item);
        item = loaded;
    }
    return item;
}

static PyObject *if_any(PyObject *object, PyObject *(*function)(channel *))
{
    channel *self = (channel *)object;
    if (self->count > 0)
        return function(self);
    PyErr_SetString(PyExc_IndexError, "no message");
    return NULL;
}

/* _pop(): the oldest item, as it was put. */
static PyObject *channel_pop(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return if_any(object, pop);
}

/* _next_message(): the oldest message, as the program gets it. */
static PyObject *channel_next_message(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return if_any(object, channel_next);
}

/* _put(item): it is taken after those that have come. */
static PyObject *channel_put_one(PyObject *object, PyObject *item)
{
    Py_INCREF(item);
    if (channel_put((channel *)object, item) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* _new_waiter() -> what is set when something has come. */
static PyObject *channel_new_waiter(PyObject *object, PyObject *nothing)
{
    channel *self = (channel *)object;
    (void)nothing;
    return (PyObject *)waiter_new(self->loop ? self->loop : Py_None, &self->waiters);
}

/* ---- sending ---- */

PyObject *channel_encoded(channel *self, PyObject *message)
{
    if (self->is_object)
        return PyObject_CallFunctionObjArgs(self->dumps, message, NULL);
    Py_INCREF(message);
    return message;
}

/* Of what has the buffer protocol, and not of any sequence of numbers, as PyBytes_FromObject() does it. */
static PyObject *bytes_of(PyObject *message)
{
    PyObject *view = PyMemoryView_FromObject(message);
    if (view == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError))
            PyErr_Format(PyExc_TypeError, "a message is a str or like bytes, not %R", (PyObject *)Py_TYPE(message));
        return NULL;
    }
    PyObject *bytes = PyBytes_FromObject(view);
    Py_DECREF(view);
    return bytes;
}

int32_t channel_send(channel *self, PyObject *message)
{
    PyObject *bytes;
    int data_type = self->is_object ? HOSTWS_OBJECT : HOSTWS_BLOB;
    char *buffer;
    Py_ssize_t length;
    if (PyUnicode_Check(message)) {
        bytes = PyUnicode_AsUTF8String(message);
        data_type = self->is_object ? HOSTWS_OBJECT : HOSTWS_TEXT;
    } else if (PyBytes_CheckExact(message)) {
        Py_INCREF(message);
        bytes = message;
    } else {
        bytes = bytes_of(message);
    }
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &buffer, &length) < 0) {
        Py_XDECREF(bytes);
        return channel_raised;
    }
    int32_t result = ws_send(self->id, buffer, length, data_type);
    Py_DECREF(bytes);
    return result;
}

PyObject *channel_refused(channel *self, int32_t result)
{
    if (result == channel_raised)
        return NULL;
    PyObject *code = PyLong_FromLong(result);
    PyObject *nothing = code ? PyObject_CallMethodObjArgs((PyObject *)self, name_check, code, NULL) : NULL;
    Py_XDECREF(code);
    return nothing;
}

/* _try_send(message) -> False if there is no room for what has passed `dumps`. */
static PyObject *channel_try_send(PyObject *object, PyObject *message)
{
    channel *self = (channel *)object;
    int32_t result = channel_send(self, message);
    if (result == HOSTWS_E_AGAIN)
        Py_RETURN_FALSE;
    if (result < 0)
        return channel_refused(self, result);
    Py_RETURN_TRUE;
}

/* ---- for programs that block ---- */

/* The arguments of a method by their `names`, of which there are `most`; the last, `timeout`, may be left out. */
static int arguments_of(PyObject *const *arguments, Py_ssize_t count, PyObject *keywords, PyObject **names, Py_ssize_t most,
                        PyObject **values)
{
    Py_ssize_t named = keywords ? PyTuple_Size(keywords) : 0;
    for (Py_ssize_t i = 0; i < most; i++)
        values[i] = i < count ? arguments[i] : NULL;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i);
        Py_ssize_t at = 0;
        while (at < most && PyUnicode_Compare(name, names[at]) != 0)
            at++;
        if (at == most || values[at] != NULL) {
            PyErr_Format(PyExc_TypeError, at == most ? "unexpected argument '%U'" : "argument '%U' is given twice", name);
            return -1;
        }
        values[at] = arguments[count + i];
    }
    if (values[most - 1] == NULL)
        values[most - 1] = Py_None;
    if (count > most || values[0] == NULL) {
        PyErr_Format(PyExc_TypeError, "takes %zd arguments at most, and the last alone may be left out", most);
        return -1;
    }
    return 0;
}

/*
 * Waits for messages: 1. 0: something else has come, which _came() has sorted, or the connection has ended, or another thread waits
 * already; -1: an exception. As _pump(), with no frame of Python.
 */
static int wait_for_messages(channel *self)
{
    if ((self->end != NULL && self->end != Py_None) || !receiver_is(self->receiver) || self->pumping == NULL)
        return 0;
    PyObject *is_mine = PyObject_CallMethodObjArgs(self->pumping, name_acquire, Py_False, NULL), *came = NULL, *sorted = NULL;
    int result = is_mine != NULL ? PyObject_IsTrue(is_mine) : -1;
    Py_XDECREF(is_mine);
    if (result <= 0)
        return result;
    result = self->count > 0 || receiver_take(self->receiver, -1, (PyObject *)self, &came);
    if (came != NULL)
        sorted = PyObject_CallMethodObjArgs((PyObject *)self, name_came, came, NULL);
    if (!result && sorted == NULL)
        result = -1;
    Py_XDECREF(came);
    Py_XDECREF(sorted);
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    self->turn++;
    PyObject *nothing = PyObject_CallMethodObjArgs(self->pumping, name_release, NULL);
    if (nothing != NULL && self->others > 0) {
        Py_DECREF(nothing);
        nothing = PyObject_CallMethodObjArgs((PyObject *)self, name_tell, NULL);
    }
    if (nothing == NULL)
        result = -1;
    Py_XDECREF(nothing);
    if (type != NULL)
        PyErr_Restore(type, value, trace);
    return result;
}

static PyObject *sync_recv(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    channel *self = (channel *)object;
    PyObject *values[1];
    if (arguments_of(arguments, count, keywords, argument_names + 1, 1, values) < 0)
        return NULL;
    if (self->count == 0 && values[0] == Py_None && wait_for_messages(self) < 0)
        return NULL;
    return self->count ? channel_next(self) : PyObject_CallMethodObjArgs(object, name_wait_message, values[0], NULL);
}

static PyObject *sync_send(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    channel *self = (channel *)object;
    PyObject *values[2];
    if (arguments_of(arguments, count, keywords, argument_names, 2, values) < 0)
        return NULL;
    PyObject *message = channel_encoded(self, values[0]);
    if (message == NULL)
        return NULL;
    int32_t result = channel_send(self, message);
    PyObject *answer = NULL;
    if (result == HOSTWS_E_AGAIN) {
        answer = PyObject_CallMethodObjArgs(object, name_wait_send, message, values[1], NULL);
    } else if (result < 0) {
        answer = channel_refused(self, result);
    } else {
        answer = Py_None;
        Py_INCREF(answer);
    }
    Py_DECREF(message);
    return answer;
}

static PyObject *sync_next(PyObject *object)
{
    channel *self = (channel *)object;
    if (self->count == 0 && wait_for_messages(self) < 0)
        return NULL;
    return self->count ? channel_next(self) : PyObject_CallMethodObjArgs(object, name_wait_next, NULL);
}

/* ---- for programs of an event loop ---- */

static PyObject *async_recv(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return attempt_new((channel *)object, ATTEMPT_RECV, NULL);
}

static PyObject *async_send(PyObject *object, PyObject *message)
{
    return attempt_new((channel *)object, ATTEMPT_SEND, message);
}

static PyObject *async_next(PyObject *object)
{
    return attempt_new((channel *)object, ATTEMPT_NEXT, NULL);
}

static PyObject *itself(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

/* ---- the types ---- */

static int channel_traverse(PyObject *object, visitproc visit, void *arg)
{
    channel *self = (channel *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->loads);
    Py_VISIT(self->dumps);
    Py_VISIT(self->end);
    Py_VISIT(self->receiver);
    Py_VISIT(self->pumping);
    Py_VISIT(self->loop);
    int result = waiters_traverse(&self->waiters, visit, arg);
    if (result != 0)
        return result;
    for (Py_ssize_t i = 0; i < self->count; i++)
        Py_VISIT(self->items[(self->first + i) & (self->room - 1)]);
    return 0;
}

static int channel_clear(PyObject *object)
{
    channel *self = (channel *)object;
    Py_CLEAR(self->loads);
    Py_CLEAR(self->dumps);
    Py_CLEAR(self->end);
    Py_CLEAR(self->pumping);
    Py_CLEAR(self->loop);
    waiters_clear(&self->waiters);
    receiver_count(self->receiver, -self->count);
    Py_CLEAR(self->receiver);
    while (self->count > 0) {
        PyObject *item = self->items[self->first];
        self->first = (self->first + 1) & (self->room - 1);
        self->count--;
        Py_DECREF(item);
    }
    return 0;
}

static void channel_free(PyObject *object)
{
    channel *self = (channel *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    channel_clear(object);
    PyMem_Free(self->items);
    attempt_free_spare(self);
    free_of(type)(object);
    Py_DECREF(type);
}

static PyMemberDef channel_members[] = {
    {"_id", T_INT, offsetof(channel, id), 0, NULL},
    {"_is_object", T_BOOL, offsetof(channel, is_object), 0, NULL},
    {"_pauses", T_BOOL, offsetof(channel, pauses), 0, NULL},
    {"_loads", T_OBJECT, offsetof(channel, loads), 0, NULL},
    {"_dumps", T_OBJECT, offsetof(channel, dumps), 0, NULL},
    {"_end", T_OBJECT, offsetof(channel, end), 0, NULL},
    {"_receiver", T_OBJECT, offsetof(channel, receiver), 0, NULL},
    {"_pumping", T_OBJECT, offsetof(channel, pumping), 0, NULL},
    {"_turn", T_PYSSIZET, offsetof(channel, turn), 0, NULL},
    {"_others", T_PYSSIZET, offsetof(channel, others), 0, NULL},
    {"_loop", T_OBJECT, offsetof(channel, loop), 0, NULL},
    {"_count", T_PYSSIZET, offsetof(channel, count), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef channel_methods[] = {
    {"_pop", channel_pop, METH_NOARGS, NULL},
    {"_next_message", channel_next_message, METH_NOARGS, NULL},
    {"_put", channel_put_one, METH_O, NULL},
    {"_new_waiter", channel_new_waiter, METH_NOARGS, NULL},
    {"_try_send", channel_try_send, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot channel_slots[] = {
    {Py_tp_traverse, channel_traverse}, {Py_tp_clear, channel_clear},     {Py_tp_dealloc, channel_free},
    {Py_tp_members, channel_members},   {Py_tp_methods, channel_methods}, {0, NULL},
};

static PyMethodDef sync_methods[] = {
    {"recv", (PyCFunction)(void (*)(void))sync_recv, METH_FASTCALL | METH_KEYWORDS,
     "recv($self, /, timeout=None)\n--\n\n"
     "The next message. Raises TimeoutError after so many seconds, ConnectionClosed at the end."},
    {"send", (PyCFunction)(void (*)(void))sync_send, METH_FASTCALL | METH_KEYWORDS,
     "send($self, /, message, timeout=None)\n--\n\n"
     "Sends text (str), bytes, or with data_type \"object\" whatever `dumps` takes. Waits only while the send queue is full."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot sync_slots[] = {
    {Py_tp_methods, sync_methods}, {Py_tp_iter, itself}, {Py_tp_iternext, sync_next}, {0, NULL}};

static PyMethodDef async_methods[] = {
    {"recv", async_recv, METH_NOARGS, "recv($self, /)\n--\n\nThe next message."},
    {"send", async_send, METH_O,
     "send($self, message, /)\n--\n\n"
     "Sends text (str), bytes, or with data_type \"object\" whatever `dumps` takes. Waits only while the send queue is full."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot async_slots[] = {
    {Py_tp_methods, async_methods}, {Py_am_aiter, itself}, {Py_am_anext, async_next}, {0, NULL}};

enum { INHERITABLE = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE };

static PyType_Spec channel_spec = {"hostws._native.Channel", sizeof(channel), 0, INHERITABLE | Py_TPFLAGS_HAVE_GC,
                                   channel_slots};
static PyType_Spec sync_spec = {"hostws._native.SyncChannel", sizeof(channel), 0, INHERITABLE, sync_slots};
static PyType_Spec async_spec = {"hostws._native.AsyncChannel", sizeof(channel), 0, INHERITABLE, async_slots};

int channel_is(PyObject *object)
{
    return PyType_IsSubtype(Py_TYPE(object), channel_type);
}

static int add_one(PyObject *module, const char *name, PyType_Spec *spec)
{
    PyObject *bases = PyTuple_Pack(1, (PyObject *)channel_type);
    PyObject *type = bases ? PyType_FromSpecWithBases(spec, bases) : NULL;
    Py_XDECREF(bases);
    if (type == NULL || PyModule_AddObject(module, name, type) < 0) {
        Py_XDECREF(type);
        return -1;
    }
    return 0;
}

int channel_add_types(PyObject *module)
{
    name_wait_message = PyUnicode_InternFromString("_wait_message");
    name_wait_next = PyUnicode_InternFromString("_wait_next");
    name_wait_send = PyUnicode_InternFromString("_wait_send");
    name_check = PyUnicode_InternFromString("_check");
    name_came = PyUnicode_InternFromString("_came");
    name_acquire = PyUnicode_InternFromString("acquire");
    name_release = PyUnicode_InternFromString("release");
    name_tell = PyUnicode_InternFromString("_tell");
    argument_names[0] = PyUnicode_InternFromString("message");
    argument_names[1] = PyUnicode_InternFromString("timeout");
    if (!name_wait_message || !name_wait_next || !name_wait_send || !name_check || !name_came || !name_acquire || !name_release
        || !name_tell || !argument_names[0] || !argument_names[1])
        return -1;
    channel_type = (PyTypeObject *)PyType_FromSpec(&channel_spec);
    if (channel_type == NULL)
        return -1;
    return add_one(module, "SyncChannel", &sync_spec) < 0 ? -1 : add_one(module, "AsyncChannel", &async_spec);
}
