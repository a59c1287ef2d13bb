# frozen_string_literal: true

require "io/wait"
require "json"
require "monitor"
require_relative "library"

module Hostws
  # A connection. One thread receives at a time; all of them may send. A wait lets other threads run, ends at an exception
  # (Ctrl-C, Thread#raise, Timeout), and takes part in a Fiber.scheduler.
  class Connection
    include Enumerable

    DATA_TYPES = %w[text blob object].freeze
    # The close code of RFC 6455.
    MESSAGE_TOO_BIG = 1009

    # Seconds above which a time limit is none.
    FOR_EVER = 1_000_000_000

    attr_reader :id

    # Begins to open. Hostws.connect waits until it is open.
    def initialize(url, data_type: "text", parser: JSON.method(:parse), generator: JSON.method(:generate), reconnect: false,
                   on_event: nil, **options)
      raise OptionError, "data_type is #{data_type.inspect}; it is one of #{DATA_TYPES.join(", ")}" unless DATA_TYPES.include?(data_type.to_s)
      if options.fetch(:stream_threshold, 0).to_i.positive?
        raise OptionError, "stream_threshold: this gem delivers whole messages only"
      end

      @is_object = data_type.to_s == "object"
      @parser, @generator, @on_event = parser, generator, on_event
      @items, @told, @errors = [], [], []
      @drained = 0
      @pumping = Monitor.new
      @looked = @pumping.new_cond
      @room = Library.room
      @queue = Library.ws_queue_new
      Library.refuse(@queue) if @queue.negative?
      ObjectSpace.define_finalizer(self, self.class.freeing(@queue))
      @io = IO.for_fd(Library.ws_queue_loop_fd(@queue), autoclose: false)
      begin
        @id = Library.open(Library.c_text("url", url.to_s), json_of(json_options(options, data_type, reconnect)))
      rescue StandardError
        free
        raise
      end
    end

    # The finalizer must not hold the connection.
    def self.freeing(queue)
      process = Process.pid
      proc { Library.ws_queue_free(queue) if Process.pid == process }
    end

    # Waits until it is open. An exception that ends the wait gives the opening up.
    def wait_open
      pump(nil) until @is_open || @end
      raise @end unless @is_open

      self
    ensure
      abort unless @is_open || @end
    end

    # ---- what it is

    # "Connecting", "Connected", "Closing" or "Closed".
    def status
      Library.text(Library.ws_status_name(Library.ws_status(@id)))
    end

    def url
      fact(:url) { Library.copied(:ws_url, @id)&.force_encoding(Encoding::UTF_8) }
    end

    # The one that the server chose, or nil.
    def subprotocol
      name = fact(:subprotocol) { Library.copied(:ws_subprotocol, @id)&.force_encoding(Encoding::UTF_8) }
      name unless name.nil? || name.empty?
    end

    # [[name, value], ...] of the server's answer to the upgrade.
    def response_headers
      fact(:headers) { Library.response_headers(@id) }
    end

    # Bytes that were accepted and have not left; after the end, those that never left.
    def buffered_amount
      fact(:unsent) { [0, Library.ws_buffered_amount(@id)].max }
    end

    # All that has happened to this connection.
    def explain
      JSON.parse(Library.copied(:ws_explain, @id) || "{}")
    end

    # ---- messages

    # Sends a String: text, or a blob if its encoding is binary or `type` is :blob. With data_type "object" whatever
    # `generator` takes. Waits only while the send queue is full.
    def send(message, type: nil, timeout: nil)
      data, kind = encoded(message, type)
      deadline = deadline_in(timeout)
      drained = @drained
      until try_send(data, kind)
        while drained == @drained && !@end
          raise TimeoutError, "the send queue was full for #{timeout} s" unless pump(deadline) { drained != @drained }
        end
        drained = @drained
      end
      self
    end
    alias << send

    # The next message. Raises TimeoutError after so many seconds, ConnectionClosed at the end.
    def receive(timeout: nil)
      deadline = deadline_in(timeout)
      loop do
        tell # what it has raised before left the others
        item = @pumping.synchronize { @items.shift }
        return decoded(item) if item
        raise @end if @end
        raise TimeoutError, "no message within #{timeout} s" unless pump(deadline) { !@items.empty? }
      end
    end

    # Messages until the connection ends cleanly; ConnectionClosed if it is lost.
    def each_message
      return to_enum(:each_message) unless block_given?

      loop do
        yield(begin
          receive
        rescue ConnectionClosed => e
          raise unless e.was_clean?

          return self
        end)
      end
    end
    alias each each_message

    # ---- the end

    # Closes politely: what was sent leaves, and the server answers. Returns when that is over.
    def close(code = 1000, reason = "")
      result = Library.ws_terminate(@id, code, Library.c_text("reason", reason))
      Library.refuse(result) if result.negative? && result != ABI::E_CLOSED
      @items.clear
      pump(nil) until @end
      tell
      self
    end

    # Drops the connection and what waits to be sent.
    def abort
      Library.ws_abort(@id)
      @items.clear
      self
    end

    # ---- besides

    # The answer comes to `on_event` as "pong".
    def ping(data = "")
      data = Library.string("the data", data)
      check(Library.ws_ping(@id, data, data.bytesize))
    end

    # For the next attempt of a connection with `reconnect`, such as a fresh token; nil removes it.
    def set_header(name, value)
      check(Library.ws_set_header(@id, Library.c_text("name", name), value && Library.c_text("value", value)))
    end

    # For the next attempt of a connection with `reconnect`.
    def url=(url)
      check(Library.ws_set_url(@id, Library.c_text("url", url.to_s)))
    end

    # Answers an event "ask" (option `ask`); `question` is its code.
    def answer(question, value)
      value = Library.string("the answer", value)
      check(Library.ws_answer(@id, question, value, value.bytesize))
    end

    private

    def json_options(options, data_type, reconnect)
      options[:reconnect_max] ||= reconnect == true ? -1 : reconnect if reconnect
      options[:headers] = merged(options[:headers]) if options[:headers]
      options.merge(data_type: data_type, queue: @queue)
    end

    def json_of(options)
      JSON.generate(options)
    rescue JSON::GeneratorError => e
      name, = options.find { |_, value| !json?(value) }
      raise OptionError, "option #{name}: #{e.message}"
    end

    def json?(value)
      JSON.generate([value])
    rescue JSON::GeneratorError
      false
    end

    # {name => value}, {name => [value, value]} or [[name, value], ...]
    def merged(headers)
      raise OptionError, "headers: a Hash, or pairs of a name and a value" unless headers.is_a?(Enumerable)

      headers.each_with_object({}) { |(name, value), all| (all[name.to_s] ||= []).concat(Array(value)) }
    end

    def fact(name)
      @last ? @last[name] : yield
    end

    def encoded(message, type)
      return [Library.string("what the generator gives", @generator.call(message)), ABI::OBJECT] if @is_object

      text = Library.string("a message", message)
      is_blob = type ? type.to_sym == :blob : text.encoding == Encoding::BINARY
      return [text, ABI::BLOB] if is_blob

      [text.encoding == Encoding::UTF_8 ? text : text.encode(Encoding::UTF_8), ABI::TEXT]
    end

    def decoded(item)
      @is_object ? @parser.call(item) : item
    end

    # False: there is no room for it.
    def try_send(data, kind)
      raise @end if @end

      result = Library.ws_send(@id, data, data.bytesize, kind)
      return false if result == ABI::E_AGAIN

      check(result)
      true
    end

    def check(result)
      return unless result.negative?

      words = Library.text(Library.ws_last_error_message)
      raise @end || ConnectionClosed.new(1006, words, false) if result == ABI::E_CLOSED

      Library.refuse(result, words)
    end

    def deadline_in(seconds)
      return unless seconds
      raise ArgumentError, "the time limit is no number" if seconds.is_a?(Float) && seconds.nan?

      now + seconds if seconds < FOR_EVER
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # Waits until something has come, or another thread has looked, which the block says; false if the time is up.
    def pump(deadline)
      @pumping.synchronize do
        return true if @end || (block_given? && yield)
        return wait_for_another(deadline) if @is_looking

        return false unless look(deadline)
      end
      tell
      true
    end

    # One thread looks at a time. What it finds may be what another one waits for.
    def look(deadline)
      @is_looking = true
      until take
        left = deadline && deadline - now
        return false if left && left <= 0

        wait_readable(left)
      end
      true
    ensure
      @is_looking = false
      @looked.broadcast
    end

    def wait_readable(left)
      @pumping.exit
      begin
        @io.wait_readable(left)
      ensure
        @pumping.enter
      end
    end

    def wait_for_another(deadline)
      left = deadline && deadline - now
      return false if left && left <= 0

      @looked.wait(left)
      true
    end

    # False if there was nothing. Nobody interrupts it, so that nothing is lost.
    def take
      Thread.handle_interrupt(Object => :never) do
        items = Library.take(@queue, @room)
        items.each { |item| keep(item) }
        items.any?
      end
    end

    # A message for which there is no memory ends the connection, as it does in the library; of what comes behind it only
    # the end is looked at.
    def keep(item)
      case item
      when Event then sort(item) unless @lack && item.type != "terminate"
      when Library::Lack
        Library.ws_abort(@id) unless @lack
        @lack ||= item
      else @items << item unless @lack
      end
    end

    def sort(event)
      case event.type
      when "open" then @is_open = true
      when "error" then @errors = event.errors
      when "terminate" then ended(event)
      else
        @drained += 1 if %w[drain expired].include?(event.type)
        @told << event if @on_event
      end
    end

    # The program's function may do what it likes with the connection.
    def tell
      while (event = @told.shift)
        @on_event.call(self, event)
      end
    end

    def ended(event)
      if @lack
        @errors = [Cause.new(ABI::E_RESOURCES, "ws", "there is no memory for a message of #{@lack.bytes} bytes")]
        event.code = MESSAGE_TOO_BIG
      end
      last = { url: url, subprotocol: subprotocol, headers: response_headers, unsent: buffered_amount }
      @end = if @is_open
               ConnectionClosed.new(event.code, event.reason, event.was_clean, @errors)
             else
               status = Library.ws_response_status(@id)
               OpenError.new(@errors, status.positive? ? status : nil, last[:headers], Library.copied(:ws_response_body, @id) || "")
             end
      @last = last
      free
    end

    def free
      ObjectSpace.undefine_finalizer(self)
      Library.ws_queue_free(@queue)
    end
  end
end
