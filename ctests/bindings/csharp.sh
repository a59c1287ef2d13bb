#!/bin/sh
# sh csharp.sh install BINDINGS LIBRARY FOLDER   builds the packages, and lays what a program needs into FOLDER/csharp
# sh csharp.sh dotnet FOLDER                     lays .NET Core into FOLDER/dotnet
# sh csharp.sh unity FOLDER                      compiles what is in the package for Unity, and runs a first program with it
# sh csharp.sh first FOLDER RUNTIME              runs the programs of the README
set -eu

. "$(dirname "$0")/../needs.sh"
needs mcs mono
rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
case $1 in
install)
    bindings=$2 library=$3 folder=$4/csharp
    rm -rf "$folder"
    mkdir -p "$folder/nuget" "$folder/unity" "$folder/programs"
    python3 "$bindings/csharp/pack.py" "$folder" "$rid=$library"
    python3 "$(dirname "$0")/licences.py" "$library" "$folder"/*.nupkg "$folder"/*.tgz
    python3 -m zipfile -e "$folder"/*.nupkg "$folder/nuget"
    python3 -m tarfile -e "$folder"/*.tgz "$folder/unity"
    # As NuGet lays them beside a program.
    cp "$folder"/nuget/lib/netstandard2.0/* "$folder"/nuget/runtimes/"$rid"/native/* "$folder/programs"
    # The programs of the README as they are printed: First1.cs and so on.
    awk -v folder="$folder/programs" '/^```csharp$/ { name = folder "/First" ++count ".cs"; next } /^```$/ { name = ""; next }
        name { print > name }' "$bindings/csharp/README.md"
    cd "$folder/programs"
    for program in First1 First2 First3; do
        [ "$(grep -c . $program.cs)" -le 15 ]
        mcs -nologo -langversion:7.2 -r:Hostws.dll $program.cs
    done
    # Its other pieces, each in a program that has what it lacks.
    {
        echo 'using Hostws; static class Piece { static void Here(HostWebSocket ws) {'
        cat First4.cs
        echo '} }'
    } >Piece.cs
    {
        echo 'using Hostws; using UnityEngine;'
        echo 'namespace UnityEngine { public class MonoBehaviour { } static class Debug { public static void Log(object it) { } } }'
        cat First5.cs
    } >Unity.cs
    for piece in Piece Unity; do
        mcs -nologo -langversion:7.2 -target:library -r:Hostws.dll $piece.cs
    done
    for source in "$bindings"/csharp/tests/*.cs "$bindings/conformance/drivers/Driver.cs" "$bindings/bench/Client.cs"; do
        mcs -nologo -langversion:7.2 -r:Hostws.dll "-out:$(basename "$source" .cs).exe" "$source"
    done
    # What .NET Core wants to know of a program that no .NET SDK has built.
    for program in Tests Heap Driver Client First1 First2 First3; do
        echo '{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
            "configProperties": {"System.Globalization.Invariant": true}}}' >$program.runtimeconfig.json
    done
    ;;
dotnet)
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null || [ "$(uname -sm)" != "Linux x86_64" ]; then
        echo "skipped: .NET Core comes from PyPI, for Linux on x86-64 and a python3 with venv"
        exit 77
    fi
    [ -x "$2/dotnet/bin/python" ] || python3 -m venv "$2/dotnet"
    again "$2/dotnet/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps dotnetcore2==3.1.23
    ln -sf "$(echo "$2"/dotnet/lib/python3*/site-packages/dotnetcore2/bin/dotnet)" "$2/dotnet/bin/dotnet"
    chmod +x "$(readlink "$2/dotnet/bin/dotnet")"
    ;;
unity)
    folder=$2/csharp
    cp "$folder/unity/package/Plugins/$rid/libhostws.so" "$folder/unity"
    cd "$folder/unity"
    for file in $(find package -mindepth 1 ! -name '*.meta'); do
        [ -s "$file.meta" ] || { echo "$file has no .meta" >&2; exit 1; }
    done
    mcs -nologo -unsafe -langversion:7.2 -out:First.exe package/Runtime/*.cs "$folder/programs/First2.cs"
    [ "$(timeout 60 mono First.exe "$HOSTWS_WS/echo")" = hello ]
    ;;
first)
    needs "$3"
    cd "$2/csharp/programs"
    # Mono sometimes waits at the end of an async program for an idle thread of its pool, up to a minute.
    [ "$3" = mono ] && programs="First1 First2" || programs="First1 First2 First3"
    for program in $programs; do
        [ "$(timeout 60 "$3" $program.exe "$HOSTWS_WS/echo")" = hello ]
    done
    ;;
esac
