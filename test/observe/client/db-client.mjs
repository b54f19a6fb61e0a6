// A database client as small as it goes: node db-client.mjs PROTOCOL MODE HOST PORT CA. It ends with 0 when its query was answered.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as plainly } from 'node:net';
import { connect as securely } from 'node:tls';

const [protocol, mode, host, port, ca] = process.argv.slice(2);
const int32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const packet = (sequence, body) => Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body]);
const password = process.env.DB_PASSWORD ?? 'bogus';

/** Modes: verify, chain (the name is not looked at), no-verify, prefer (TLS where it is offered, unverified), late (mysql: judges after the login), plain. */
const options = {
  verify: { ca: readFileSync(ca) },
  'fall-back': { ca: readFileSync(ca) },
  chain: { ca: readFileSync(ca), checkServerIdentity: () => undefined },
}[mode] ?? { rejectUnauthorized: false };

async function opened(socket) {
  let held = Buffer.alloc(0);
  const failed = new Promise((_, reject) => socket.once('error', reject).once('close', () => reject(new Error('closed'))));
  failed.catch(() => {});
  const read = async (bytes) => {
    while (held.length < bytes) {
      const chunk = socket.read();
      if (chunk) held = Buffer.concat([held, chunk]);
      else await Promise.race([once(socket, 'readable'), failed]);
    }
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
  await Promise.race([once(socket, socket.encrypted ? 'secureConnect' : 'connect'), failed]);
  return { socket, read };
}
const inside = async ({ socket }) => opened(securely({ socket, servername: host, host, ...options, ...(mode === 'late' && { ca: readFileSync(ca) }) }));

const talks = {
  async postgres(wantsTls) {
    let line = await opened(plainly(port, host));
    if (wantsTls) {
      line.socket.write(Buffer.concat([int32(8), int32(80877103)]));
      const answer = (await line.read(1)).toString();
      if (answer === 'S') line = await inside(line);
      else if (mode !== 'prefer') throw new Error('no TLS');
    }
    const startup = Buffer.from('user\0app\0database\0app\0\0');
    line.socket.write(Buffer.concat([int32(8 + startup.length), int32(0x30000), startup]));
    const until = async (type) => {
      for (;;) {
        const head = await line.read(5);
        await line.read(head.readUInt32BE(1) - 4);
        if (head[0] === type.charCodeAt(0)) return;
      }
    };
    await until('R');
    line.socket.write(Buffer.concat([Buffer.from('p'), int32(5 + password.length), Buffer.from(`${password}\0`)]));
    await until('Z');
    line.socket.write(Buffer.concat([Buffer.from('Q'), int32(13), Buffer.from('select 1\0')]));
    await until('Z');
    await new Promise((done) => line.socket.end(done));
  },
  async mysql(wantsTls) {
    let line = await opened(plainly(port, host));
    const body = async () => line.read((await line.read(4)).readUIntLE(0, 3));
    const greeting = await body();
    const offered = (greeting.readUInt16LE(greeting.indexOf(0, 1) + 14) & 0x800) !== 0;
    if (wantsTls && !offered && mode !== 'prefer') throw new Error('no TLS');
    const tls = wantsTls && offered;
    const opening = Buffer.alloc(32);
    opening.writeUInt32LE(0x8200 | (tls ? 0x800 : 0));
    if (tls) {
      line.socket.write(packet(1, opening));
      line = await inside(line);
    }
    line.socket.write(packet(tls ? 2 : 1, Buffer.concat([opening, Buffer.from(`app\0${String.fromCharCode(password.length)}${password}`)])));
    await body();
    if (mode === 'late' && !line.socket.authorized) throw new Error('not proven');
    line.socket.write(packet(0, Buffer.from('\x03select 1')));
    await body();
    await new Promise((done) => line.socket.end(packet(0, Buffer.from('\x01')), done));
  },
  async redis(wantsTls) {
    const line = wantsTls ? await inside({ socket: plainly(port, host) }) : await opened(plainly(port, host));
    line.socket.write(`AUTH ${password}\r\nPING\r\n`);
    const answer = (await line.read(12)).toString();
    if (answer !== '+OK\r\n+PONG\r\n') throw new Error('no Redis');
    await new Promise((done) => line.socket.end('QUIT\r\n', done));
  },
};
try {
  await talks[protocol](mode !== 'plain').catch((error) => {
    if (mode !== 'fall-back') throw error;
    return talks[protocol](false);
  });
  process.exit(0);
} catch {
  process.exit(1);
}
