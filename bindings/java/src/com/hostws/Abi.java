// Written by bindings/generate.py; do not edit.

package com.hostws;

/** Where the fields of the structs of hostws.h are. */
final class Abi {
    static final int ERROR_CODE = 0;
    static final int ERROR_MESSAGE = 8;
    static final int ERROR_COMPONENT = 16;
    static final int ERROR_SIZE = 24;
    static final int EVENT_STRUCT_SIZE = 0;
    static final int EVENT_TYPE = 4;
    static final int EVENT_WS = 8;
    static final int EVENT_DATA_TYPE = 12;
    static final int EVENT_DATA = 16;
    static final int EVENT_LENGTH = 24;
    static final int EVENT_ERRORS = 32;
    static final int EVENT_ERROR_COUNT = 40;
    static final int EVENT_CODE = 44;
    static final int EVENT_REASON = 48;
    static final int EVENT_WAS_CLEAN = 56;
    static final int EVENT_FLAGS = 60;
    static final int EVENT_TIME_US = 64;
    static final int EVENT_USER_DATA = 72;
    static final int EVENT_ROUND_TRIP_US = 80;
    static final int EVENT_DELAY_MS = 88;
    static final int EVENT_SIZE = 96;

    private Abi() {}
}
