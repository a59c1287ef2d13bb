'use strict'
// The addon of this platform, which is a package of its own.

const { arch, platform } = process

/** Which C library Node was built for: Linux has two. */
function libc() {
  if (platform !== 'linux') return ''
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime ? '-gnu' : '-musl'
}

const name = `@hostws/${platform}-${arch}${libc()}`

function load() {
  try {
    return require(`${name}/hostws.node`)
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause
    const words = `hostws needs the package ${name} here, which is not installed (npm leaves it out with --omit=optional)`
    throw new Error(words, { cause })
  }
}

module.exports = load()
