/* The module hostws._native. */
#include "native.h"

freefunc free_of(PyTypeObject *type)
{
    return (freefunc)PyType_GetSlot(type, Py_tp_free);
}

PyObject *refuse_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)type;
    (void)arguments;
    (void)keywords;
    PyErr_SetString(PyExc_TypeError, "only hostws makes these");
    return NULL;
}

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "hostws._native", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && (receiver_add_type(module) < 0 || channel_add_types(module) < 0 || attempt_add_type(module) < 0
                           || waiter_add_type() < 0))
        Py_CLEAR(module);
    return module;
}
