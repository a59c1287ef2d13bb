// npm's ws, with the command line and the JSON lines of the client.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

const WebSocket = createRequire(`${process.env.HOSTWS_BENCH_NODE}/`)("ws");
const UNAVAILABLE = 77;
const bench = { connections: 1, inFlight: 1, isText: false, deflate: null, corpus: [] };

function readCommandLine(words) {
  while (words[0].startsWith("--")) {
    const flag = words.shift();
    if (flag === "--text") bench.isText = true;
    else if (flag === "--deflate") bench.deflate = words.shift();
    else if (flag === "--corpus") bench.corpus = readFileSync(words.shift(), "utf8").trimEnd().split("\n");
    else process.exit(UNAVAILABLE);
  }
  [bench.mode, bench.url] = words;
  [bench.n, bench.size, bench.connections = 1, bench.inFlight = 1] = words.slice(2).map(Number);
}

function path() {
  const { n, size } = bench;
  const paths = {
    flood: `/flood${bench.isText ? "-text" : ""}/${size}/${n}`,
    sink: `/sink/${size}/${n}`,
    deflate: `/weigh/${n}`,
    inflate: `/json/${n}`,
  };
  return paths[bench.mode] ?? "/echo";
}

function open() {
  const isFresh = bench.deflate === "fresh";
  const perMessageDeflate = bench.deflate !== null && {
    serverNoContextTakeover: isFresh,
    clientNoContextTakeover: isFresh,
    threshold: 0,
  };
  return new WebSocket(bench.url + path(), { perMessageDeflate, rejectUnauthorized: false });
}

const now = () => performance.now() * 1000; // µs
const line = (at) => bench.corpus[at % bench.corpus.length];
const report = (result) => console.log(JSON.stringify({ mode: bench.mode, n: bench.n, size: bench.size, ...result }));

function reportRate(started, wireBytes = 0) {
  const seconds = (now() - started) / 1e6;
  const result = { per_second: bench.n / seconds };
  if (bench.corpus.length > 0) {
    let bytes = 0;
    for (let at = 0; at < bench.n; at++) bytes += Buffer.byteLength(line(at));
    result.mb_per_second = bytes / seconds / 1e6;
    if (wireBytes > 0) result.ratio = bytes / wireBytes;
  }
  report(result);
}

function check(data, expected) {
  if (data.length !== expected) throw new Error("a message of another length");
}

// What each mode does; it calls `done` at its end.
const modes = {
  rtt(ws, done) {
    const payload = Buffer.alloc(bench.size, "a");
    const samples = [];
    let sent;
    const send = () => {
      sent = now();
      ws.send(payload);
    };
    ws.on("open", send);
    ws.on("message", (data) => {
      samples.push(now() - sent);
      check(data, bench.size);
      if (samples.length < bench.n) return send();
      samples.sort((a, b) => a - b);
      const at = (permille) => samples[Math.floor((samples.length * permille) / 1000)];
      report({ p50_us: at(500), p99_us: at(990), p999_us: at(999) });
      done();
    });
  },

  pipeline(ws, done) {
    const payload = Buffer.alloc(bench.size, "a");
    let sent = 0, received = 0, started;
    const send = () => {
      sent++;
      ws.send(payload);
    };
    ws.on("open", () => {
      started = now();
      while (sent < bench.inFlight) send();
    });
    ws.on("message", () => {
      if (sent < bench.n) send();
      if (++received === bench.n) {
        reportRate(started);
        done();
      }
    });
  },

  flood(ws, done) {
    let received = 0, started;
    ws.on("open", () => {
      started = now();
      ws.send(Buffer.from("g"));
    });
    ws.on("message", (data) => {
      check(data, bench.corpus.length ? Buffer.byteLength(line(received)) : bench.size);
      if (++received === bench.n) {
        reportRate(started);
        done();
      }
    });
  },

  inflate: (ws, done) => modes.flood(ws, done),

  // It has no limit of its own: what is not compressed yet is waited for, a batch at a time.
  deflate(ws, done) {
    let started;
    ws.on("open", async () => {
      started = now();
      for (let at = 0; at < bench.n; ) {
        const last = Math.min(bench.n, at + 100) - 1;
        for (; at < last; at++) ws.send(line(at));
        await new Promise((sent) => ws.send(line(at++), sent));
      }
    });
    ws.on("message", (data) => {
      reportRate(started, Number(data));
      done();
    });
  },

  async idle(first, done) {
    const all = [first];
    let firstBytes;
    for (let at = 0; at < bench.connections; at++) {
      const ws = all[at] ?? (all[at] = open());
      await new Promise((used) => {
        ws.on("open", () => (bench.deflate === null ? used() : ws.send(line(0))));
        ws.on("message", used);
      });
      if (at === 0) firstBytes = await residentBytes();
    }
    const resident = await residentBytes();
    const threads = Number(/Threads:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    report({ resident, bytes_each: (resident - firstBytes) / (bench.connections - 1), threads });
    done();
  },

  start(ws, done) {
    ws.on("open", () => ws.close());
    ws.on("close", () => {
      report({});
      done();
    });
  },
};

async function residentBytes() {
  await setTimeout(300);
  return process.memoryUsage.rss();
}

readCommandLine(process.argv.slice(2));
if (!(bench.mode in modes)) process.exit(UNAVAILABLE);
const ws = open();
ws.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
modes[bench.mode](ws, () => process.exit(0));
