/*
 * Waiter: a future of asyncio whose task goes on as soon as it is set, and not after another turn of the loop. Other loops give it
 * a function of theirs as callback.
 */
#include "native.h"
#include <structmember.h>

struct waiter {
    PyObject_HEAD
    PyObject *loop;               /* asked by a call, since it is a weak reference */
    PyObject *callback, *context; /* the task's; no context: the callback runs in that of the caller */
    PyObject *cancelled;          /* what the task gets */
    waiter_list *in;
    waiter *before, *behind;
    char is_blocking, is_done;
};

static PyTypeObject *waiter_type;
static PyObject *name_run, *name_call_soon, *name_context, *cancelled_error, *copy_context;

/* ---- lists, which own what is in them ---- */

static void append(waiter_list *list, waiter *self)
{
    self->in = list;
    self->before = list->last;
    self->behind = NULL;
    *(list->last ? &list->last->behind : &list->first) = self;
    list->last = self;
}

static void take_out(waiter *self)
{
    waiter_list *list = self->in;
    *(self->before ? &self->before->behind : &list->first) = self->behind;
    *(self->behind ? &self->behind->before : &list->last) = self->before;
    self->in = NULL;
}

void waiter_forget(waiter *self)
{
    if (self->in != NULL) {
        take_out(self);
        Py_DECREF(self);
    }
}

void waiters_move(waiter_list *from, waiter_list *to)
{
    while (from->first != NULL) {
        waiter *self = from->first;
        take_out(self);
        append(to, self);
    }
}

void waiters_clear(waiter_list *list)
{
    while (list->first != NULL)
        waiter_forget(list->first);
}

int waiters_traverse(waiter_list *list, visitproc visit, void *arg)
{
    for (waiter *self = list->first; self != NULL; self = self->behind)
        Py_VISIT(self);
    return 0;
}

/* ---- what happens to one ---- */

waiter *waiter_new(PyObject *loop, waiter_list *list)
{
    waiter *self = PyObject_GC_New(waiter, waiter_type);
    if (self == NULL)
        return NULL;
    Py_INCREF(loop);
    self->loop = loop;
    self->callback = self->context = self->cancelled = NULL;
    self->is_blocking = self->is_done = 0;
    Py_INCREF(self);
    append(list, self);
    PyObject_GC_Track((PyObject *)self);
    return self;
}

PyObject *waiter_yielded(waiter *self)
{
    if (self->is_done)
        return NULL;
    self->is_blocking = 1;
    Py_INCREF(self);
    return (PyObject *)self;
}

static int set(waiter *self)
{
    if (self->is_done)
        return 0;
    PyObject *callback = self->callback, *context = self->context, *nothing;
    self->is_done = 1;
    self->callback = self->context = NULL;
    if (callback == NULL)
        return 0;
    if (context != NULL)
        nothing = PyObject_CallMethodObjArgs(context, name_run, callback, (PyObject *)self, NULL);
    else
        nothing = PyObject_CallFunctionObjArgs(callback, (PyObject *)self, NULL);
    Py_DECREF(callback);
    Py_XDECREF(context);
    Py_XDECREF(nothing);
    return nothing != NULL ? 0 : -1;
}

int waiters_set(waiter_list *list)
{
    int result = 0;
    while (result == 0 && list->first != NULL) {
        waiter *self = list->first;
        take_out(self);
        result = set(self);
        Py_DECREF(self);
    }
    return result;
}

/* ---- what a task asks of a future ---- */

/* `from module import name`, once it is needed: asyncio is large. */
static int import_once(PyObject **found, const char *module, const char *name)
{
    if (*found == NULL) {
        PyObject *imported = PyImport_ImportModule(module);
        *found = imported ? PyObject_GetAttrString(imported, name) : NULL;
        Py_XDECREF(imported);
    }
    return *found != NULL ? 0 : -1;
}

static PyObject *get_loop(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return PyObject_CallObject(((waiter *)object)->loop, NULL);
}

/* add_done_callback(callback, *, context=None) */
static PyObject *add_done_callback(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    waiter *self = (waiter *)object;
    Py_ssize_t named = keywords ? PyTuple_Size(keywords) : 0;
    if (count != 1 || named > 1 || (named == 1 && PyUnicode_Compare(PyTuple_GetItem(keywords, 0), name_context) != 0)) {
        PyErr_SetString(PyExc_TypeError, "add_done_callback() takes a callback and its context");
        return NULL;
    }
    PyObject *context = named ? arguments[1] : Py_None, *former[] = {self->callback, self->context};
    if (context == Py_None && self->loop != Py_None) {
        context = import_once(&copy_context, "contextvars", "copy_context") == 0 ? PyObject_CallObject(copy_context, NULL) : NULL;
        if (context == NULL)
            return NULL;
    } else {
        Py_INCREF(context);
    }
    Py_INCREF(arguments[0]);
    self->callback = arguments[0];
    self->context = context == Py_None ? NULL : context;
    if (context == Py_None)
        Py_DECREF(context);
    Py_XDECREF(former[0]);
    Py_XDECREF(former[1]);
    Py_RETURN_NONE;
}

static PyObject *call_soon(waiter *self, PyObject *callback, PyObject *context)
{
    PyObject *loop = PyObject_CallObject(self->loop, NULL);
    PyObject *function = loop ? PyObject_GetAttr(loop, name_call_soon) : NULL;
    PyObject *arguments = function ? PyTuple_Pack(2, callback, (PyObject *)self) : NULL;
    PyObject *keywords = arguments ? PyDict_New() : NULL;
    PyObject *handle = NULL;
    if (keywords != NULL && PyDict_SetItem(keywords, name_context, context) == 0)
        handle = PyObject_Call(function, arguments, keywords);
    Py_XDECREF(keywords);
    Py_XDECREF(arguments);
    Py_XDECREF(function);
    Py_XDECREF(loop);
    return handle;
}

/* cancel(msg=None) -> whether it was not done */
static PyObject *cancel(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords)
{
    waiter *self = (waiter *)object;
    Py_ssize_t given = count + (keywords ? PyTuple_Size(keywords) : 0);
    PyObject *words = given > 0 && arguments[0] != Py_None ? arguments[0] : NULL;
    if (given > 1) {
        PyErr_SetString(PyExc_TypeError, "cancel() takes a message");
        return NULL;
    }
    if (self->is_done)
        Py_RETURN_FALSE;
    if (import_once(&cancelled_error, "asyncio", "CancelledError") < 0)
        return NULL;
    self->cancelled = PyObject_CallFunctionObjArgs(cancelled_error, words, NULL);
    if (self->cancelled == NULL)
        return NULL;
    PyObject *callback = self->callback, *context = self->context;
    self->is_done = 1;
    self->callback = self->context = NULL;
    Py_INCREF(self);
    waiter_forget(self);
    PyObject *handle = callback && context ? call_soon(self, callback, context) : (Py_INCREF(Py_None), Py_None);
    Py_XDECREF(callback);
    Py_XDECREF(context);
    Py_DECREF(self);
    if (handle == NULL)
        return NULL;
    Py_DECREF(handle);
    Py_RETURN_TRUE;
}

static PyObject *done(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return PyBool_FromLong(((waiter *)object)->is_done);
}

static PyObject *cancelled(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return PyBool_FromLong(((waiter *)object)->cancelled != NULL);
}

static PyObject *result(PyObject *object, PyObject *nothing)
{
    waiter *self = (waiter *)object;
    (void)nothing;
    if (self->cancelled == NULL)
        Py_RETURN_NONE;
    PyErr_SetObject(cancelled_error, self->cancelled);
    return NULL;
}

/* ---- a coroutine of Python that awaits it: it yields itself, and then it is over ---- */

static PyObject *itself(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static PyObject *next(PyObject *object)
{
    return waiter_yielded((waiter *)object);
}

/* close(): nobody waits any more. */
static PyObject *closed(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    waiter_forget((waiter *)object);
    Py_RETURN_NONE;
}

/* ---- the type ---- */

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    waiter *self = (waiter *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->loop);
    Py_VISIT(self->callback);
    Py_VISIT(self->context);
    Py_VISIT(self->cancelled);
    return 0;
}

static int clear(PyObject *object)
{
    waiter *self = (waiter *)object;
    Py_CLEAR(self->callback);
    Py_CLEAR(self->context);
    Py_CLEAR(self->cancelled);
    return 0;
}

static void dealloc(PyObject *object)
{
    waiter *self = (waiter *)object;
    PyObject_GC_UnTrack(object);
    clear(object);
    Py_CLEAR(self->loop);
    PyObject_GC_Del(object);
    Py_DECREF(waiter_type);
}

static PyMemberDef members[] = {
    {"_asyncio_future_blocking", T_BOOL, offsetof(waiter, is_blocking), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef methods[] = {
    {"get_loop", get_loop, METH_NOARGS, NULL},
    {"add_done_callback", (PyCFunction)(void (*)(void))add_done_callback, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"cancel", (PyCFunction)(void (*)(void))cancel, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"done", done, METH_NOARGS, NULL},
    {"cancelled", cancelled, METH_NOARGS, NULL},
    {"result", result, METH_NOARGS, NULL},
    {"close", closed, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, refuse_new},  {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_dealloc, dealloc}, {Py_tp_members, members},
    {Py_tp_methods, methods}, {Py_am_await, itself},      {Py_tp_iter, itself}, {Py_tp_iternext, next},   {0, NULL},
};

static PyType_Spec spec = {"hostws._native.Waiter", sizeof(waiter), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

int waiter_add_type(void)
{
    name_run = PyUnicode_InternFromString("run");
    name_call_soon = PyUnicode_InternFromString("call_soon");
    name_context = PyUnicode_InternFromString("context");
    if (!name_run || !name_call_soon || !name_context)
        return -1;
    waiter_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return waiter_type != NULL ? 0 : -1;
}
