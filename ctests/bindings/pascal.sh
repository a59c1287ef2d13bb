#!/bin/sh
# sh pascal.sh package BINDINGS LIBRARIES FOLDER    packs, unpacks into FOLDER/pascal, and compiles what the tests run
# sh pascal.sh first FOLDER                         the program of the README, as it is printed there, and the example
set -eu

. "$(dirname "$0")/../needs.sh"
needs fpc

case $1 in
package)
    bindings=$2 libraries=$3 folder=$4/pascal
    rm -rf "$folder"
    mkdir -p "$folder/programs" "$folder/unicode"
    python3 "$bindings/pascal/pack.py" "$folder"
    python3 "$(dirname "$0")/licences.py" - "$folder"/*.zip
    (cd "$folder" && python3 -m zipfile -e hostws-pascal-*.zip . && mv hostws-pascal-*/ package)
    # The program of the README stands between two lines of its own.
    sed -n '/^```pascal$/,/^```$/{/^```/d;p;/^end[.]$/q;}' "$folder/package/README.md" >"$folder/First.pas"
    [ "$(grep -c . "$folder/First.pas")" -le 15 ]
    # Its form, in a program that has what it lacks.
    {
        echo '{$MODE DELPHI}'
        echo 'program Form; uses Classes, hostws; type TMemo = class Lines: TStringList; end;'
        echo 'TForm1 = class FWs: THostWebSocket; Memo1: TMemo; procedure FormCreate(Sender: TObject);'
        echo 'procedure Timer1Timer(Sender: TObject);'
        echo 'procedure WsMessage(Sender: THostWebSocket; const Message: THostWsMessage); end;'
        sed -n '/^procedure TForm1[.]FormCreate/,/^```$/{/^```$/d;p;}' "$folder/package/README.md"
        echo 'begin end.'
    } >"$folder/Form.pas"
    # In the mode that Lazarus gives a form, as the README says.
    sed 's/MODE DELPHI/MODE OBJFPC/; s/:= WsMessage/:= @WsMessage/; s/program Form/program ObjForm/' "$folder/Form.pas" >"$folder/ObjForm.pas"
    grep -q ':= @WsMessage' "$folder/package/README.md"
    # -Sew: a warning is an error.
    compile() {
        fpc -v0ew -O2 "-Fu$folder/package/src" "-Fu$bindings/pascal/tests" "-Fl$libraries" "-k-rpath=$libraries" "$@" >"$folder/log" || {
            cat "$folder/log"
            exit 1
        }
    }
    out="$folder/programs"
    for program in "$bindings/pascal/tests/TestHostws.pas" "$bindings/conformance/drivers/Driver.pas" \
        "$bindings/bench/Client.pas" \
        "$folder/package/examples/Timer.pas" "$folder/First.pas" "$folder/Form.pas" "$folder/ObjForm.pas"; do
        compile -Sew "-FU$out" "-FE$out" "$program"
    done
    # Strings as in Delphi.
    compile -Mdelphiunicode "-FU$folder/unicode" "-FE$folder/unicode" "$bindings/pascal/tests/TestHostws.pas"
    ;;
first)
    programs=$2/pascal/programs
    told=$("$programs/First" "$HOSTWS_WS/echo")
    [ "$told" = hello ] || { echo "First says: $told" && exit 1; }
    told=$("$programs/Timer" "$HOSTWS_WS/echo" | tr '\n' ' ')
    [ "$told" = "hello closed with 1000 " ] || { echo "Timer says: $told" && exit 1; }
    told=$("$programs/Timer" "$HOSTWS_NOBODY" | tr '\n' ' ')
    case $told in
    *"Connection refused"*"closed with 1006 ") ;;
    *) echo "Timer says: $told" && exit 1 ;;
    esac
    ;;
esac
