#!/bin/sh
# In place of MinGW's dlltool, for rustc: dlltool.sh ARGUMENT...
#
# rustc makes a library of what a crate imports from a DLL in a folder with a random name, and dlltool puts the whole path
# into the names of its symbols. Here they have the name of the DLL and a sum of what is imported.
# If two crates imported the same, they would have the same names: pe.py looks at that.
set -eu
library= definition= before=
for argument; do
    case $before in
    -l) library=$argument ;;
    -d) definition=$argument ;;
    esac
    before=$argument
done
if [ -z "$library" ] || [ -z "$definition" ]; then
    echo "dlltool.sh: there is no -l or no -d in: $*" >&2
    exit 1
fi
cd "$(dirname "$library")"
name=$(basename "$library" .lib)_$(sha256sum <"$definition" | cut -c 1-32)
# The last -l holds.
x86_64-w64-mingw32-dlltool "$@" -l "$name.lib" --deterministic-libraries
mv "$name.lib" "$library"
