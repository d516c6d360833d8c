// What a JavaScript program does with WASI's interfaces, which QuickJS's own library has nothing for.
// forms: component
// dir: data
// file: data/poem.txt 'Twas brillig, and the slithy toves\nDid gyre and gimble\n
// env: FRABJOUS=day
// env: UMLAUT=äöü
// network: loopback
// stdin: one line\nand another\n
// args: all "two words" äöü ""
// args: exit
// args: exception
// stderr: ignored

import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.6';
import { exit } from 'wasi:cli/exit@0.2.6';
import { getStdin } from 'wasi:cli/stdin@0.2.6';
import { getStdout } from 'wasi:cli/stdout@0.2.6';
import { now as monotonicNow, subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.6';
import { now as wallNow } from 'wasi:clocks/wall-clock@0.2.6';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.6';
import { getRandomBytes } from 'wasi:random/random@0.2.6';
import { instanceNetwork } from 'wasi:sockets/instance-network@0.2.6';
import { createTcpSocket } from 'wasi:sockets/tcp-create-socket@0.2.6';

const encode = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0));
const decode = (bytes) => decodeURIComponent(escape(String.fromCharCode(...bytes)));
const print = (...parts) => getStdout().blockingWriteAndFlush(encode(parts.map(show).join(' ') + '\n'));
const show = (part) => (typeof part === 'string' ? part : JSON.stringify(part));

/** What `action` returns, or the error that it ends with. */
function attempt(what, action) {
  try {
    print(what, action() ?? 'ok');
  } catch (error) {
    print(what, 'fails:', show(error.payload?.tag ?? error.payload ?? String(error)));
  }
}

/** All that comes from a stream until its end. */
function readAll(stream) {
  const bytes = [];
  try {
    for (;;) bytes.push(...stream.blockingRead(1000));
  } catch (error) {
    if (error.payload?.tag !== 'closed') throw error;
  }
  return decode(bytes);
}

function surroundings() {
  print(getArguments().slice(1), getEnvironment());
  print(readAll(getStdin()).split('\n'));
}

function files(data) {
  const poem = data.openAt({}, 'poem.txt', {}, { read: true });
  print(readAll(poem.readViaStream(0)), poem.stat().type, poem.stat().size, readAll(poem.readViaStream(48)));
  const file = data.openAt({}, 'new.txt', { create: true, exclusive: true }, { read: true, write: true });
  file.writeViaStream(0).blockingWriteAndFlush(encode('äöü and € '.repeat(100)));
  print('spliced', file.writeViaStream(6).blockingSplice(poem.readViaStream(10), 5), file.stat().size);
  print(readAll(file.readViaStream(0)).slice(0, 30));
  data.createDirectoryAt('folder');
  print(entries(data));
  attempt('none', () => data.openAt({}, 'none', {}, { read: true }).stat().size);
  attempt('exists', () => data.openAt({}, 'poem.txt', { create: true, exclusive: true }, { write: true }).stat().size);
  attempt('no folder', () => data.openAt({}, 'poem.txt', { directory: true }, { read: true }).stat().size);
  attempt('folder', () => data.unlinkFileAt('none'));
  attempt('out', () => data.openAt({ symlinkFollow: true }, '../input', {}, { read: true }).stat().size);
  attempt('read-only', () => poem.writeViaStream(0).blockingWriteAndFlush(encode('x')));
  data.unlinkFileAt('new.txt');
}

function entries(folder) {
  const stream = folder.readDirectory();
  const found = [];
  for (let entry; (entry = stream.readDirectoryEntry()); ) found.push(`${entry.name}: ${entry.type}`);
  return found.sort();
}

function clocks() {
  const before = monotonicNow();
  const pollable = subscribeDuration(20_000_000);
  print('ready', pollable.ready());
  pollable.block();
  const passed = monotonicNow() - before;
  print(pollable.ready(), passed >= 20_000_000 && passed < 5e9);
  print(Math.abs(wallNow().seconds * 1000 - Date.now()) < 5000, new Date(0).toISOString());
}

/** wasmtime traps where a socket is dropped before its streams; which goes first is the interpreter's affair. */
const kept = [];

function sockets() {
  const network = instanceNetwork();
  const listener = createTcpSocket('ipv4');
  listener.startBind(network, { tag: 'ipv4', val: { port: 0, address: [127, 0, 0, 1] } });
  listener.finishBind();
  listener.startListen();
  listener.finishListen();
  attempt('nobody', () => listener.accept().length);
  const client = createTcpSocket('ipv4');
  client.startConnect(network, listener.localAddress());
  client.subscribe().block();
  const [fromServer, toServer] = client.finishConnect();
  listener.subscribe().block();
  const [server, fromClient, toClient] = listener.accept();
  toServer.blockingWriteAndFlush(encode('a request'));
  client.shutdown('send');
  print(readAll(fromClient));
  toClient.blockingWriteAndFlush(encode('an answer'));
  server.shutdown('both');
  print(readAll(fromServer));
  attempt('connected', () => client.startListen());
  kept.push(client, server);
}

function language() {
  print([...'gimble'].reverse().join(''), 2n ** 100n + '', /(\w+) (\w+)/.exec('Did gyre').slice(1), 0.1 + 0.2);
  attempt('null', () => null.field);
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += (i * i) % 7;
  print(sum, new Set(Array.from({ length: 1000 }, (_, i) => i % 10)).size);
  const random = getRandomBytes(1000);
  print(random.length, new Set(random).size > 100, Math.random() !== Math.random());
}

export const run = {
  run() {
    const verb = getArguments()[1];
    if (verb === 'exception') throw new Error('nobody catches this');
    if (verb === 'exit') {
      print('before');
      exit({ tag: 'err' });
    }
    surroundings();
    const [data, name] = getDirectories()[0];
    print(name);
    files(data);
    clocks();
    sockets();
    language();
  },
};
