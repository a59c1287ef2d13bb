#!/bin/sh
# Compiles the C# program HOSTWS_MONO_PROGRAM and runs it on Mono, with hostws as HOSTWS_SHARED_LIBRARY
set -eu

. "$(dirname "$0")/../needs.sh"
needs mcs mono
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mcs -nologo -out:"$folder/program.exe" "$HOSTWS_MONO_PROGRAM"
printf '<configuration><dllmap dll="hostws" target="%s"/></configuration>\n' "$HOSTWS_SHARED_LIBRARY" \
    >"$folder/program.exe.config"
timeout 100 mono "$folder/program.exe"
