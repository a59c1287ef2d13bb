# frozen_string_literal: true

require_relative "hostws/version"
require_relative "hostws/connection"

# A WebSocket client over libhostws.
#
#   Hostws.connect("wss://quotes.example/stream") do |ws|
#     ws.send("subscribe")
#     ws.each_message { |message| puts message }
#   end
module Hostws
  # Opens a connection and waits until it is open. Raises OptionError or OpenError. With a block, yields the connection and
  # closes it afterwards.
  #
  # data_type::  "text" (default), "blob" or "object": JSON, with `parser` and `generator`
  # reconnect::  true, or a number of attempts in a row: the connection is opened again when it is lost
  # on_event::   called with the connection and an Event
  #
  # and every option of ws_options, such as headers, tls_ca, proxy, open_timeout_ms.
  def self.connect(url, **options)
    connection = Connection.new(url, **options).wait_open
    return connection unless block_given?

    begin
      yield connection
    ensure
      connection.close
    end
  end

  # The version of the library in use.
  def self.library_version
    Library.text(Library.ws_version)
  end
end
