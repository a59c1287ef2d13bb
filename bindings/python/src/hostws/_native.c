/*
 * The two calls that every message takes, without ctypes. Everything else is in _library.py.
 *
 * Only the limited API of Python 3.9, so that one file serves every later version.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <hostws.h>

enum { BATCH = 256, SLICE_MS = 500 };

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

/*
 * receive(queue, timeout_ms, with_ids) -> a list of messages (str, bytes) and other events (tuples), empty if the time is
 * up; or a negative result of ws_next_batch(). With `with_ids`, the connection's id stands before each.
 */
static PyObject *receive(PyObject *module, PyObject *arguments)
{
    int queue, timeout_ms, with_ids;
    int32_t count;
    ws_event events[BATCH];
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iii", &queue, &timeout_ms, &with_ids))
        return NULL;
    events[0].struct_size = sizeof events[0];
    /* Without giving the interpreter's lock away, if something is here already. */
    count = ws_next_batch(queue, events, BATCH, 0);
    while (count == 0 && timeout_ms != 0) {
        /* A signal that another thread has handled is seen after a slice at most. */
        int slice = timeout_ms < 0 || timeout_ms > SLICE_MS ? SLICE_MS : timeout_ms;
        events[0].struct_size = sizeof events[0];
        Py_BEGIN_ALLOW_THREADS
        count = ws_next_batch(queue, events, BATCH, slice);
        Py_END_ALLOW_THREADS
        if (count == 0 && PyErr_CheckSignals() < 0)
            return NULL;
        if (timeout_ms > 0)
            timeout_ms -= slice;
    }
    if (count < 0)
        return PyLong_FromLong(count);
    PyObject *items = PyList_New(with_ids ? 2 * count : count);
    for (int32_t i = 0; items != NULL && i < count; i++) {
        PyObject *id = with_ids ? PyLong_FromLong(events[i].ws) : NULL;
        if (with_ids && (id == NULL || PyList_SetItem(items, 2 * i, id) < 0)) {
            Py_CLEAR(items);
            break;
        }
        PyObject *item = item_of(&events[i]);
        if (item == NULL || PyList_SetItem(items, with_ids ? 2 * i + 1 : i, item) < 0)
            Py_CLEAR(items);
    }
    return items;
}

static PyMethodDef methods[] = {
    {"send", send_message, METH_VARARGS, NULL},
    {"receive", receive, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "hostws._native", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModule_Create(&definition);
}
