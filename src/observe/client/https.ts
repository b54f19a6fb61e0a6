import type { Channel, Connection, Conversation } from './conversation.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI', 'PROPFIND'];
const secretFields: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-amz-security-token']);
const nonce = 'encaudit';

/** HTTP/1.1 inside TLS, and in clear where a client comes without it. */
export const https: Conversation = {
  protocol: 'https',
  async serve(connection) {
    const first = await connection.plain.peek(1);
    if (first === undefined) return;
    if (first[0] !== 0x16) return answer(connection, connection.plain);
    if (connection.case.name === 'plain-on-tls-port') {
      connection.asksTls();
      connection.plain.write(response('400 Bad Request', 'this port speaks HTTP'));
      return;
    }
    if (connection.case.name === 'tls-broken') return connection.breakOff();
    const inside = await connection.secure();
    if (inside) await answer(connection, inside);
  },
};

/** Reads one request, tells the frame that it came, and answers it. Nothing of it is kept but its method and the names of its secrets. */
async function answer(connection: Connection, channel: Channel): Promise<void> {
  const head = await readHead(channel, connection);
  if (head === undefined) return;
  const { elsewhere } = connection;
  channel.write(
    elsewhere ? response('302 Found', '', [`Location: http://localhost:${elsewhere.port}/`]) : response('200 OK', head.startsWith('HEAD ') ? '' : nonce),
  );
}
async function readHead(channel: Channel, connection: Connection): Promise<string | undefined> {
  let text = '';
  for (let chunk = await channel.some(); chunk; chunk = await channel.some()) {
    text += chunk.toString('latin1');
    connection.request(methodOf(text)); // before the head is whole: a client that has sent one byte has taken us for good
    const end = /\r?\n\r?\n/.exec(text);
    if (!end) continue;
    for (const line of text.slice(0, end.index).split(/\r?\n/).slice(1)) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      if (secretFields.has(name)) connection.secret(name);
    }
    return text;
  }
  return undefined;
}
/** The path may hold a token: only the plain one is named. */
function methodOf(text: string): string {
  const method = methods.find((name) => text.startsWith(`${name} `));
  if (method === undefined) return 'data';
  return text.startsWith(`${method} / `) ? `${method} /` : method;
}
const response = (status: string, body: string, fields: readonly string[] = []): string =>
  [`HTTP/1.1 ${status}`, 'Content-Type: text/plain', `Content-Length: ${body.length}`, ...fields, 'Connection: close', '', body].join('\r\n');
