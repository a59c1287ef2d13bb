# frozen_string_literal: true

# Builds the gem, with the shared library in it:
#
#   ruby bindings/ruby/pack.rb LIBRARY OUTPUT-FOLDER [PLATFORM]
#
# LIBRARY is libhostws.so.0 or libhostws.0.dylib, stripped if you wish, with the THIRD-PARTY-LICENSES.txt of its archive beside it
# or a folder above; PLATFORM is as RubyGems has it, such as aarch64-linux.

require "fileutils"
require "rubygems"
require "tmpdir"

library, output, platform = ARGV
abort "usage: ruby pack.rb LIBRARY OUTPUT-FOLDER [PLATFORM]" unless output

root = File.expand_path("../..", __dir__)
folders = [File.dirname(library), File.expand_path("..", File.dirname(library))]
inside = folders.map { |folder| "#{folder}/THIRD-PARTY-LICENSES.txt" }.find { |path| File.exist?(path) }
abort "There is no THIRD-PARTY-LICENSES.txt beside #{library}, and none a folder above." unless inside
output = File.expand_path(output)
platform ||= Gem::Platform.local.to_s
FileUtils.mkdir_p(output)
Dir.mktmpdir do |folder|
  FileUtils.cp_r(["#{__dir__}/lib", "#{__dir__}/hostws.gemspec", "#{__dir__}/README.md", inside, *Dir["#{root}/LICENSE-*"]], folder)
  FileUtils.cp(library, "#{folder}/lib/hostws/#{platform.include?("darwin") ? "libhostws.0.dylib" : "libhostws.so.0"}")
  built = system({ "HOSTWS_GEM_PLATFORM" => platform }, Gem.ruby, "-S", "gem", "build", "--silent", "hostws.gemspec", chdir: folder)
  abort "gem build failed" unless built
  gem = Dir["#{folder}/*.gem"].first
  FileUtils.cp(gem, output)
  puts File.basename(gem)
end
