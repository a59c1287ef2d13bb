#!/bin/sh
# sh go.sh module BINDINGS LIBRARY STRIP FOLDER    packs the module with that static library, and installs it from there into a fresh
#                                                  program in FOLDER/go; builds the driver, the tests and the program of the README
# sh go.sh run FOLDER PROGRAM [ARGUMENTS...]       runs one of them where the module lies
set -eu
. "$(dirname "$0")/../needs.sh"

action=$1
shift
case $action in
module)
    bindings=$1 library=$2 strip=$3 folder=$4/go
    needs go cc
    rm -rf "$folder/proxy" "$folder/modules" "$folder/program" "$folder/bin"
    mkdir -p "$folder/proxy" "$folder/program/driver" "$folder/program/client" "$folder/program/readme" "$folder/bin"
    "$strip" -g -o "$folder/libhostws.a" "$library"
    cp "$(dirname "$library")/../THIRD-PARTY-LICENSES.txt" "$folder"
    python3 "$bindings/go/pack.py" "$folder/proxy" "$(go env GOOS)_$(go env GOARCH)=$folder/libhostws.a"
    rm "$folder/libhostws.a"
    python3 "$(dirname "$0")/licences.py" "$library" "$folder/proxy/hostws.com/go/hostws/@v"/*.zip

    # Nothing comes from elsewhere.
    GOPROXY="file://$folder/proxy" GOSUMDB=off GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw GOWORK=off
    GOCACHE=${GOCACHE:-$folder/cache}
    export GOPROXY GOSUMDB GOMODCACHE GOFLAGS GOWORK GOCACHE
    cp "$bindings/conformance/drivers/driver.go" "$folder/program/driver"
    cp "$bindings/bench/client.go" "$folder/program/client"
    sed -n '/^```go/,/^```/p' "$bindings/go/README.md" | sed -n '2,/^```/p' | sed '/^```/d' >"$folder/program/readme/main.go"
    lines=$(grep -c . "$folder/program/readme/main.go")
    [ "$lines" -le 15 ] || { echo "the first program of the README has $lines lines"; exit 1; }
    # Its piece of a program, in one.
    {
        printf 'package main\n\nimport (\n\t"context"\n\t"hostws.com/go/hostws"\n)\n\nfunc piece() hostws.Options {\n'
        sed -n '/^options := /,/^```/p' "$bindings/go/README.md" | sed '/^```/d'
        printf '\treturn options\n}\n'
    } >"$folder/program/readme/piece.go"
    cd "$folder/program"
    go mod init hostws.test/program
    go get hostws.com/go/hostws
    go vet hostws.com/go/hostws ./...
    go build -o "$folder/bin" ./...
    race=$(go env GOOS GOARCH | paste -sd ' ' | sed -n 's/^linux amd64$/-race/p')
    go test $race -c -o "$folder/bin/tests" hostws.com/go/hostws
    unformatted=$(gofmt -l "$bindings/go" "$bindings/conformance/drivers/driver.go" "$bindings/bench/client.go")
    [ -z "$unformatted" ] || { echo "not formatted by gofmt: $unformatted"; exit 1; }
    ;;
run)
    folder=$1/go program=$2
    shift 2
    [ -x "$folder/bin/$program" ] || { echo "skipped: the module was not built"; exit 77; }
    if [ "$program" = readme ]; then
        said=$("$folder/bin/readme" "$HOSTWS_WS/echo")
        [ "$said" = "hello <nil>" ] || { echo "the program of the README said: $said"; exit 1; }
        exit 0
    fi
    exec "$folder/bin/$program" "$@"
    ;;
esac
