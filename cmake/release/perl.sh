#!/bin/sh
# In place of perl where OpenSSL is configured: perl.sh ./Configure ARGUMENT...
#
# OpenSSL keeps the folders for its plug-ins, which are below the one where it was built, and the name of its compiler.
# What is shipped knows the usual folders, and nothing of the machine that it comes from.
set -eu
perl "$@"
[ ! -e Makefile ] || perl -pi \
    -e 's|"\$\(ENGINESDIR\)|"/usr/local/lib/engines-3|, s|"\$\(MODULESDIR\)|"/usr/local/lib/ossl-modules| if /^LIB_CPPFLAGS=/;' \
    -e 's|(mkbuildinf\.pl) "\$\(CC\) |$1 "cc |' Makefile
