// The client of Node for bench.py: client.mjs MODE URL N SIZE. It lies where the package hostws is found.

import { connect } from 'hostws'

const [mode, url, count, size] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])]
const now = () => process.env.BENCH_CPU === '1' ? process.cpuUsage().user + process.cpuUsage().system : performance.now() * 1000
const isFlood = mode.startsWith('flood')
const ws = await connect(isFlood ? `${url}/${mode}/${size}/${count}` : `${url}/echo`)

const start = now()
await new Promise(resolve => {
  let left = count
  if (isFlood) {
    ws.on('message', () => { if (--left === 0) resolve() })
    ws.send('go')
    return
  }
  const message = Buffer.alloc(size, 'x')
  let ahead = mode === 'flight' ? 128 : 1
  let toSend = count - ahead
  ws.on('message', () => {
    if (--left === 0) resolve()
    else if (toSend-- > 0) ws.send(message)
  })
  while (ahead-- > 0) ws.send(message)
})
console.log(((now() - start) / 1e6).toFixed(6))
ws.abort()
