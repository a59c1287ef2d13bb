# frozen_string_literal: true

require "fiddle"
require "fiddle/import"
require_relative "abi"
require_relative "errors"

module Hostws
  # The shared library, which lies beside this file, and its functions. Other threads run while one of them does.
  module Library
    extend Fiddle::Importer

    dlload File.join(__dir__, RUBY_PLATFORM.include?("darwin") ? "libhostws.0.dylib" : "libhostws.so.0")
    extern "int ws_open_ex(const char *, const char *, void *, void *, long long)"
    extern "int ws_send(int, void *, long long, int)"
    extern "int ws_ping(int, void *, int)"
    extern "int ws_answer(int, int, void *, long long)"
    extern "int ws_terminate(int, int, const char *)"
    extern "int ws_abort(int)"
    extern "int ws_status(int)"
    extern "const char *ws_status_name(int)"
    extern "const char *ws_event_name(int)"
    extern "long long ws_buffered_amount(int)"
    extern "int ws_set_header(int, const char *, const char *)"
    extern "int ws_set_url(int, const char *)"
    extern "long long ws_url(int, void *, long long)"
    extern "long long ws_subprotocol(int, void *, long long)"
    extern "int ws_response_status(int)"
    extern "long long ws_response_header_at(int, int, void *, long long, void *, long long)"
    extern "long long ws_response_body(int, void *, long long)"
    extern "long long ws_explain(int, void *, long long)"
    extern "int ws_next_batch(int, void *, int, int)"
    extern "int ws_queue_new()"
    extern "int ws_queue_free(int)"
    extern "intptr_t ws_queue_loop_fd(int)"
    extern "int ws_shutdown(int)"
    extern "const char *ws_last_error_message()"
    extern "const char *ws_version()"

    BATCH = 256
    REFUSED = [ABI::E_OPTION, ABI::E_URL, ABI::E_ARGUMENT, ABI::E_JSON, ABI::E_UTF8, ABI::E_TOO_BIG].freeze

    module_function

    def text(pointer)
      pointer.null? ? "" : pointer.to_s.force_encoding(Encoding::UTF_8)
    end

    # Raises what a negative result means.
    def refuse(code, words = text(ws_last_error_message))
      raise REFUSED.include?(code) ? OptionError : Error, words
    end

    # Fiddle takes a number for an address.
    def string(name, value)
      String.try_convert(value) || raise(TypeError, "#{name} is a String, not #{value.class}")
    end

    # An argument that C reads up to a NUL.
    def c_text(name, value)
      text = string(name, value)
      text = text.encode(Encoding::UTF_8) unless text.encoding.ascii_compatible?
      raise OptionError, "#{name} contains a NUL" if text.b.include?("\0".b)

      text
    end

    def open(url, options)
      words = "\0".b * 1024
      id = ws_open_ex(url, options, nil, words, words.bytesize)
      refuse(id, words.unpack1("Z*").force_encoding(Encoding::UTF_8).scrub) if id.negative?
      id
    end

    # What a getter such as ws_url() copies, or nil.
    def copied(getter, id)
      size = 1024
      loop do
        room = "\0".b * size
        length = public_send(getter, id, room, size)
        return if length.negative?
        return room.byteslice(0, length) if length < size

        size = length + 1024 # another thread may add to it meanwhile
      end
    end

    # [[name, value], ...] of the server's answer; every byte is a character.
    def response_headers(id)
      name, value = "\0".b * 256, "\0".b * 65_536
      headers = []
      while (length = ws_response_header_at(id, headers.size, name, name.bytesize, value, value.bytesize)) >= 0
        pair = [name.unpack1("Z*"), value.byteslice(0, length)]
        headers << pair.map { |text| text.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8) }
      end
      headers
    end

    # Room for a batch of events.
    def room
      memory = Fiddle::Pointer.malloc(BATCH * ABI::EVENT_SIZE, Fiddle::RUBY_FREE)
      memory[0, 4] = [ABI::EVENT_SIZE].pack("L")
      memory
    end

    # In place of a message for which there is no memory.
    Lack = Struct.new(:bytes)

    # What is there, without waiting: messages (String), or a Lack of one, and other events (Event).
    def take(queue, memory)
      memory[0, 4] = [ABI::EVENT_SIZE].pack("L")
      count = ws_next_batch(queue, memory, BATCH, 0)
      refuse(count) if count.negative?
      bytes = memory[0, count * ABI::EVENT_SIZE]
      Array.new(count) { |i| item(bytes.unpack(ABI::EVENT_FORMAT, offset: i * ABI::EVENT_SIZE)) }
    end

    def item(fields)
      _, type, _, data_type, data, length, errors, count, code, reason, was_clean, flags, _, _, round_trip, delay = fields
      return message(data, length, data_type) if type == ABI::EVENT_MESSAGE

      payload = bytes(data, length)
      Event.new(text(ws_event_name(type)), code, text(Fiddle::Pointer.new(reason)), was_clean == 1, causes(errors, count),
                delay / 1000.0, round_trip / 1e6, flags, payload)
    end

    def message(data, length, data_type)
      payload = bytes(data, length)
      data_type == ABI::BLOB ? payload : payload.force_encoding(Encoding::UTF_8)
    rescue NoMemoryError
      Lack.new(length)
    end

    def bytes(data, length)
      length.zero? ? String.new(encoding: Encoding::BINARY) : Fiddle::Pointer.new(data)[0, length]
    end

    def causes(address, count)
      return [] if count.zero?

      bytes = Fiddle::Pointer.new(address)[0, count * ABI::ERROR_SIZE]
      Array.new(count) do |i|
        code, message, component = bytes.unpack(ABI::ERROR_FORMAT, offset: i * ABI::ERROR_SIZE)
        Cause.new(code, text(Fiddle::Pointer.new(component)), text(Fiddle::Pointer.new(message)))
      end
    end

    # The child of a fork starts afresh; the parent's connections are not touched.
    module Fork
      def _fork
        super.tap { |child| Library.ws_shutdown(0) if child.zero? }
      end
    end
    Process.singleton_class.prepend(Fork)

    # What was sent leaves.
    at_exit { ws_shutdown(2000) }
  end
end
