# frozen_string_literal: true

module Hostws
  # One entry of a stack of errors: the general one first, then its causes.
  Cause = Struct.new(:code, :component, :message)

  # Something that is no message: "reconnecting", "reconnected", "pong", "drain", "warning", "ask", "expired". `delay` and
  # `round_trip` are seconds.
  Event = Struct.new(:type, :code, :reason, :was_clean, :errors, :delay, :round_trip, :flags, :data)

  # The base of all errors of this gem.
  class Error < StandardError; end

  # An option, the URL or an argument is refused. Nothing was opened, and nothing sent.
  class OptionError < Error; end

  # The time is up. The connection lives on.
  class TimeoutError < Error; end

  # The connection could not be opened.
  class OpenError < Error
    # The stack; the HTTP status with which the server refused, or nil; its headers and body.
    attr_reader :errors, :status, :headers, :body

    def initialize(errors, status, headers, body)
      super(errors.empty? ? "the connection could not be opened" : errors.map(&:message).join(": "))
      @errors, @status, @headers, @body = errors, status, headers, body
    end
  end

  # The connection has ended.
  class ConnectionClosed < Error
    attr_reader :code, :reason, :was_clean, :errors
    alias was_clean? was_clean

    def initialize(code, reason, was_clean, errors = [])
      super(["closed with #{code}#{" (#{reason})" unless reason.empty?}", *errors.map(&:message)].join(": "))
      @code, @reason, @was_clean, @errors = code, reason, was_clean, errors
    end
  end
end
