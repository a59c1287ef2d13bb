// Written by bindings/generate.py; do not edit.

package com.hostws;

/** The version of the package. */
final class Version {
    static final String VERSION = "0.1.0";

    private Version() {}
}
