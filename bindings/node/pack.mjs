// Builds the two packages of this machine's platform, as npm publishes them:
//
//   node bindings/node/pack.mjs LIBRARY OUTPUT-FOLDER [PLATFORM [HEADERS]]
//
// LIBRARY is libhostws.so.0 or libhostws.0.dylib, stripped if you wish, with the THIRD-PARTY-LICENSES.txt of its archive beside
// it or a folder above. PLATFORM is as in the names of the packages, such as linux-arm64-gnu, with the compiler CC for it.
// HEADERS is the folder of npm's node-api-headers, which is fetched without it. Needs a C compiler, and libuv's uv.h; who
// installs the packages needs neither.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
const manifest = JSON.parse(fs.readFileSync(path.join(here, 'package.json'), 'utf8'))
const HEADERS = 'node-api-headers@1.9.0'
const THIRD_PARTY = 'THIRD-PARTY-LICENSES.txt'

const [library, output, platform = host(), headers] = process.argv.slice(2)
if (!output) {
  console.error('usage: node pack.mjs LIBRARY OUTPUT-FOLDER [PLATFORM [HEADERS]]')
  process.exit(2)
}
const [system, cpu, libc] = platform.split('-')
const name = `@hostws/${platform}`
if (!(name in manifest.optionalDependencies)) throw new Error(`${name} is not in package.json`)

function host() {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}`
  return `linux-${process.arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

function run(program, ...given) {
  return execFileSync(program, given, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
}

function fetchedHeaders(folder) {
  run('npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, HEADERS)
  return path.join(folder, 'node_modules/node-api-headers/include')
}

function compile(folder, include, soname) {
  const cc = (process.env.CC ?? 'cc').split(' ')
  const flags = (process.env.CFLAGS ?? '-O2').split(' ').filter(Boolean)
  // Beside it, wherever npm puts it.
  const link = system === 'darwin'
    ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path', path.join(folder, soname)]
    : ['-shared', '-fvisibility=hidden', '-Wl,-rpath,$ORIGIN', `-L${folder}`, `-l:${soname}`]
  const sources = ['addon.c', 'values.c', 'events.c', 'loop.c'].map((file) => path.join(here, 'src', file))
  // Node's own headers have a uv.h too, where they are installed.
  const nodes = path.resolve(process.execPath, '../../include/node')
  run(cc[0], ...cc.slice(1), '-std=c11', '-D_GNU_SOURCE', '-fPIC', '-Wall', '-Wextra', ...flags, '-I', include,
    '-I', path.join(root, 'include'), '-idirafter', nodes, '-o', path.join(folder, 'hostws.node'), ...sources, ...link)
}

function licences(folder) {
  for (const file of fs.readdirSync(root)) {
    if (file.startsWith('LICENSE-')) fs.copyFileSync(path.join(root, file), path.join(folder, file))
  }
}

/** Those of what is inside the library. */
function thirdPartyLicences(folder) {
  const places = ['.', '..'].map(place => path.join(path.dirname(path.resolve(library)), place, THIRD_PARTY))
  const found = places.find(place => fs.existsSync(place))
  if (!found) throw new Error(`there is no ${THIRD_PARTY} beside ${library}, and none a folder above`)
  fs.copyFileSync(found, path.join(folder, THIRD_PARTY))
}

function pack(folder) {
  console.log(run('npm', 'pack', '--silent', '--pack-destination', path.resolve(output), folder).trim())
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'hostws-pack-'))
try {
  fs.mkdirSync(output, { recursive: true })
  const native = path.join(work, 'native')
  const soname = system === 'darwin' ? 'libhostws.0.dylib' : 'libhostws.so.0'
  fs.mkdirSync(native)
  fs.copyFileSync(library, path.join(native, soname))
  compile(native, headers ?? fetchedHeaders(path.join(work, 'headers')), soname)
  licences(native)
  thirdPartyLicences(native)
  const { version, license } = manifest
  fs.writeFileSync(path.join(native, 'package.json'), JSON.stringify({
    name, version, license,
    description: `The library and the addon of hostws for ${platform}`,
    os: [system], cpu: [cpu],
    ...(libc && { libc: [libc === 'gnu' ? 'glibc' : 'musl'] }),
    files: ['hostws.node', soname, 'LICENSE-*', THIRD_PARTY]
  }, null, 2))
  pack(native)

  const main = path.join(work, 'main')
  fs.cpSync(here, main, { recursive: true, filter: file => !/[\\/](src|test)$/.test(file) })
  licences(main)
  pack(main)
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}
