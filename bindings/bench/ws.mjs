// npm ws for bench.py: ws.mjs MODE URL N SIZE
import WebSocket from 'ws';

const [mode, url, n, size] = process.argv.slice(2);
const count = Number(n);
const isFlood = mode.startsWith('flood');
const message = Buffer.alloc(Number(size), 'x');
const ws = new WebSocket(isFlood ? `${url}/${mode}/${size}/${n}` : `${url}/echo`, { perMessageDeflate: false });
const now = () => {
  const cpu = process.cpuUsage();
  return process.env.BENCH_CPU === '1' ? (cpu.user + cpu.system) / 1e6 : Number(process.hrtime.bigint()) / 1e9;
};
let got = 0;
let sent = 0;
let start;

ws.on('open', () => {
  start = now();
  if (isFlood) ws.send('go');
  else for (; sent < (mode === 'flight' ? 128 : 1); sent++) ws.send(message);
});
ws.on('message', (data, isBinary) => {
  if (!isBinary) data.toString();
  got++;
  if (got === count) {
    console.log(now() - start);
    ws.terminate();
  } else if (!isFlood && sent < count) {
    sent++;
    ws.send(message);
  }
});
