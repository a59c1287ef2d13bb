#!/bin/sh
# sh ruby.sh gem BINDINGS LIBRARY FOLDER       builds the gem, and installs it into the fresh GEM_HOME FOLDER/ruby
# sh ruby.sh run FOLDER PROGRAM [ARGUMENTS...]    runs a program with it
set -eu
. "$(dirname "$0")/../needs.sh"

action=$1
shift
case $action in
gem)
    bindings=$1 library=$2 folder=$3
    needs ruby
    if ! ruby -e 'exit RUBY_VERSION >= "3.1"'; then
        echo "skipped: ruby is older than 3.1"
        exit 77
    fi
    rm -rf "$folder/ruby" "$folder/gems"
    ruby "$bindings/ruby/pack.rb" "$library" "$folder/gems"
    python3 "$(dirname "$0")/licences.py" "$library" "$folder/gems"/*.gem
    GEM_HOME="$folder/ruby" gem install --silent --local --no-document "$folder/gems"/*.gem
    ;;
run)
    folder=$1
    shift
    [ -d "$folder/ruby/gems" ] || { echo "skipped: the gem was not built"; exit 77; }
    case $1 in *_test.rb)
        ruby -e 'require "minitest"' 2>/dev/null || { echo "skipped: ruby has no minitest (Debian: ruby-minitest)"; exit 77; }
        ;;
    esac
    GEM_HOME="$folder/ruby"
    export GEM_HOME
    exec ruby -W "$@"
    ;;
esac
