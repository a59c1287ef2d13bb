# frozen_string_literal: true

require_relative "lib/hostws/version"

# pack.rb builds it, with the library of a platform in lib/hostws.
Gem::Specification.new do |spec|
  spec.name = "hostws"
  spec.version = Hostws::VERSION
  spec.summary = "WebSocket client over libhostws, with reconnecting, proxies and back-pressure"
  spec.authors = ["hostws"]
  spec.licenses = ["MIT", "Apache-2.0"]
  spec.required_ruby_version = ">= 3.1"
  spec.platform = ENV.fetch("HOSTWS_GEM_PLATFORM", Gem::Platform::RUBY)
  spec.files = Dir["lib/**/*", "README.md", "LICENSE-*", "THIRD-PARTY-LICENSES.txt"]
end
