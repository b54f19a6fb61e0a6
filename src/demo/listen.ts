import type { Server, Socket } from 'node:net';

/** Ends a server and every connection to it; resolves when nothing is left open. */
export interface Stop {
  readonly stop: () => Promise<void>;
}
export interface Listening extends Stop {
  readonly port: number;
}

/** Starts a server on a port that the system chooses, and keeps its connections in view: `close` alone waits for them. */
export async function listenOn(server: Server, host: '127.0.0.1' | '::1', port = 0): Promise<Listening> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket)); // a scanner resets connections, and that is no fault of ours
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host, port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port: address.port, stop };
}
