# frozen_string_literal: true

# Written by bindings/generate.py; do not edit.

module Hostws
  VERSION = "0.1.0"
end
