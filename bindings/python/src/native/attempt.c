/*
 * The coroutines of recv(), send() and __anext__() in an event loop: what can be done at once, and in asyncio the wait for a message,
 * is done here, with no frame of Python; else a coroutine of Python is asked (_wait_message, _wait_next, _wait_send), and everything
 * is handed on to it.
 */
#include "native.h"

typedef int (*send_function)(PyObject *, PyObject *, PyObject **);

enum { NEW, STARTED, ENDED };

struct attempt {
    PyObject_HEAD
    channel *of;
    PyObject *message; /* to be sent */
    waiter *waits;     /* for a message; the collector knows of the object from then on */
    PyObject *inner;   /* the coroutine of Python; from then on, too */
    char kind, state, is_tracked;
};

static PyTypeObject *attempt_type;
static PyObject *names[3], *name_send, *name_throw, *name_close;
static int has_am_send;

/* ---- memory: one is kept for the next, since there is hardly ever a second at the same moment ---- */

PyObject *attempt_new(channel *of, attempt_kind kind, PyObject *message)
{
    attempt *self = of->spare;
    if (self != NULL) {
        of->spare = NULL;
        PyObject_Init((PyObject *)self, attempt_type);
    } else {
        self = PyObject_GC_New(attempt, attempt_type);
        if (self == NULL)
            return NULL;
    }
    Py_INCREF(of);
    Py_XINCREF(message);
    self->of = of;
    self->message = message;
    self->inner = NULL;
    self->waits = NULL;
    self->is_tracked = 0;
    self->kind = (char)kind;
    self->state = NEW;
    return (PyObject *)self;
}

void attempt_free_spare(channel *of)
{
    if (of->spare != NULL)
        PyObject_GC_Del(of->spare);
    of->spare = NULL;
}

static void wait_no_more(attempt *self)
{
    if (self->waits != NULL)
        waiter_forget(self->waits);
    Py_CLEAR(self->waits);
}

static int attempt_clear(PyObject *object)
{
    attempt *self = (attempt *)object;
    wait_no_more(self);
    Py_CLEAR(self->message);
    Py_CLEAR(self->inner);
    return 0;
}

static void warn_that_nobody_awaited(attempt *self)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine 'Connection.%s' was never awaited",
                         self->kind == ATTEMPT_SEND ? "send" : "recv") < 0)
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, trace);
}

static void attempt_free(PyObject *object)
{
    attempt *self = (attempt *)object;
    channel *of = self->of;
    PyObject_GC_UnTrack(object);
    if (self->state == NEW && self->kind != ATTEMPT_NEXT)
        warn_that_nobody_awaited(self);
    attempt_clear(object);
    if (of->spare == NULL)
        of->spare = self;
    else
        PyObject_GC_Del(self);
    Py_DECREF(of);
    Py_DECREF(attempt_type);
}

static int attempt_traverse(PyObject *object, visitproc visit, void *arg)
{
    attempt *self = (attempt *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->of);
    Py_VISIT(self->message);
    Py_VISIT(self->waits);
    Py_VISIT(self->inner);
    return 0;
}

/* ---- the coroutine of Python ---- */

/* As PyIter_Send(), which the limited API of 3.9 does not have. */
static int resume_inner(PyObject *inner, PyObject *value, PyObject **result)
{
    if (has_am_send) {
        send_function function = (send_function)PyType_GetSlot(Py_TYPE(inner), SLOT_AM_SEND);
        if (function != NULL)
            return function(inner, value, result);
    }
    *result = PyObject_CallMethodObjArgs(inner, name_send, value, NULL);
    if (*result != NULL)
        return SEND_YIELDED;
    if (!PyErr_ExceptionMatches(PyExc_StopIteration))
        return SEND_FAILED;
    PyObject *type, *stop, *trace;
    PyErr_Fetch(&type, &stop, &trace);
    PyErr_NormalizeException(&type, &stop, &trace);
    *result = PyObject_GetAttrString(stop, "value");
    Py_XDECREF(type);
    Py_XDECREF(stop);
    Py_XDECREF(trace);
    return *result ? SEND_RETURNED : SEND_FAILED;
}

static void track(attempt *self)
{
    if (!self->is_tracked)
        PyObject_GC_Track((PyObject *)self);
    self->is_tracked = 1;
}

static int go_on_in_python(attempt *self, PyObject *message, PyObject **result)
{
    self->inner = PyObject_CallMethodObjArgs((PyObject *)self->of, names[(int)self->kind], message, NULL);
    if (self->inner == NULL)
        return SEND_FAILED;
    track(self);
    return resume_inner(self->inner, Py_None, result);
}

static int next_message(attempt *self, PyObject **result)
{
    *result = channel_next(self->of);
    return *result ? SEND_RETURNED : SEND_FAILED;
}

/* ---- how it goes on: what PyIter_Send() gives ---- */

static int begin_to_send(attempt *self, PyObject **result)
{
    PyObject *message = channel_encoded(self->of, self->message);
    int32_t sent = message ? channel_send(self->of, message) : channel_raised;
    int answer = SEND_RETURNED;
    if (sent == HOSTWS_E_AGAIN) {
        answer = go_on_in_python(self, message, result);
    } else {
        *result = sent < 0 ? channel_refused(self->of, sent) : (Py_INCREF(Py_None), Py_None);
        if (*result == NULL)
            answer = SEND_FAILED;
    }
    Py_XDECREF(message);
    return answer;
}

static int begin_to_receive(attempt *self, PyObject **result)
{
    channel *of = self->of;
    if (of->count > 0)
        return next_message(self, result);
    int is_asyncio = of->loop != NULL && of->loop != Py_None, has_ended = of->end != NULL && of->end != Py_None;
    if (!is_asyncio || has_ended)
        return go_on_in_python(self, NULL, result);
    self->waits = waiter_new(of->loop, &of->waiters);
    if (self->waits == NULL)
        return SEND_FAILED;
    track(self);
    *result = waiter_yielded(self->waits);
    return SEND_YIELDED;
}

static int go_on(attempt *self, PyObject **result)
{
    *result = waiter_yielded(self->waits);
    if (*result != NULL)
        return SEND_YIELDED;
    wait_no_more(self);
    return self->of->count > 0 ? next_message(self, result) : go_on_in_python(self, NULL, result);
}

static int attempt_resume(PyObject *object, PyObject *value, PyObject **result)
{
    attempt *self = (attempt *)object;
    int answer;
    *result = NULL;
    if (self->state == ENDED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return SEND_FAILED;
    }
    if (self->state == NEW) {
        if (value != Py_None) {
            PyErr_SetString(PyExc_TypeError, "can't send non-None value to a just-started coroutine");
            return SEND_FAILED;
        }
        self->state = STARTED;
        answer = self->kind == ATTEMPT_SEND ? begin_to_send(self, result) : begin_to_receive(self, result);
    } else if (self->waits != NULL) {
        answer = go_on(self, result);
    } else if (self->inner != NULL) {
        answer = resume_inner(self->inner, value, result);
    } else {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
        return SEND_FAILED;
    }
    if (answer != SEND_YIELDED)
        self->state = ENDED;
    return answer;
}

/* ---- the protocol ---- */

/* As Python says it where there is no am_send: what is yielded, or StopIteration with what is returned. */
static PyObject *said(int answer, PyObject *result)
{
    if (answer != SEND_RETURNED)
        return result;
    if (PyTuple_Check(result) || PyExceptionInstance_Check(result)) {
        PyObject *stop = PyObject_CallFunctionObjArgs(PyExc_StopIteration, result, NULL);
        Py_DECREF(result);
        result = stop;
    }
    if (result != NULL)
        PyErr_SetObject(PyExc_StopIteration, result);
    Py_XDECREF(result);
    return NULL;
}

static PyObject *attempt_send(PyObject *object, PyObject *value)
{
    PyObject *result;
    int answer = attempt_resume(object, value, &result);
    return said(answer, result);
}

static PyObject *attempt_next(PyObject *object)
{
    return attempt_send(object, Py_None);
}

static PyObject *attempt_throw(PyObject *object, PyObject *arguments)
{
    attempt *self = (attempt *)object;
    PyObject *type, *value = NULL, *trace = NULL, *result = NULL;
    if (!PyArg_UnpackTuple(arguments, "throw", 1, 3, &type, &value, &trace))
        return NULL;
    if (self->inner != NULL && self->state == STARTED) {
        PyObject *throw = PyObject_GetAttr(self->inner, name_throw);
        result = throw ? PyObject_Call(throw, arguments, NULL) : NULL;
        Py_XDECREF(throw);
    } else if (PyExceptionInstance_Check(type)) {
        PyErr_SetObject(PyExceptionInstance_Class(type), type);
    } else if (PyExceptionClass_Check(type)) {
        PyErr_SetObject(type, value);
    } else {
        PyErr_SetString(PyExc_TypeError, "exceptions must be classes or instances deriving from BaseException");
        return NULL;
    }
    if (result == NULL) {
        self->state = ENDED;
        wait_no_more(self);
    }
    return result;
}

static PyObject *attempt_close(PyObject *object, PyObject *nothing)
{
    attempt *self = (attempt *)object;
    (void)nothing;
    PyObject *inner = self->state == STARTED ? self->inner : NULL;
    self->state = ENDED;
    wait_no_more(self);
    if (inner != NULL)
        return PyObject_CallMethodObjArgs(inner, name_close, NULL);
    Py_RETURN_NONE;
}

static PyObject *itself(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static PyMethodDef attempt_methods[] = {
    {"send", attempt_send, METH_O, NULL},
    {"throw", attempt_throw, METH_VARARGS, NULL},
    {"close", attempt_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* The last one needs Python 3.10. */
static PyType_Slot attempt_slots[] = {
    {Py_tp_new, refuse_new}, {Py_tp_dealloc, attempt_free}, {Py_tp_traverse, attempt_traverse}, {Py_tp_clear, attempt_clear},
    {Py_tp_methods, attempt_methods}, {Py_am_await, itself}, {Py_tp_iter, itself}, {Py_tp_iternext, attempt_next},
    {SLOT_AM_SEND, attempt_resume}, {0, NULL},
};

static PyType_Spec attempt_spec = {"hostws._native.coroutine", sizeof(attempt), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                   attempt_slots};

int attempt_add_type(PyObject *module)
{
    PyObject *version = PySys_GetObject("hexversion");
    (void)module;
    has_am_send = version != NULL && PyLong_AsLong(version) >= SINCE_AM_SEND;
    if (!has_am_send)
        attempt_slots[sizeof attempt_slots / sizeof *attempt_slots - 2].slot = 0;
    names[ATTEMPT_RECV] = PyUnicode_InternFromString("_wait_message");
    names[ATTEMPT_NEXT] = PyUnicode_InternFromString("_wait_next");
    names[ATTEMPT_SEND] = PyUnicode_InternFromString("_wait_send");
    name_send = PyUnicode_InternFromString("send");
    name_throw = PyUnicode_InternFromString("throw");
    name_close = PyUnicode_InternFromString("close");
    if (!names[0] || !names[1] || !names[2] || !name_send || !name_throw || !name_close)
        return -1;
    attempt_type = (PyTypeObject *)PyType_FromSpec(&attempt_spec);
    return attempt_type != NULL ? 0 : -1;
}
