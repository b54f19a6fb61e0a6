import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** Moto's own server, on a free port; `pip install moto[server]` brings it. */
export async function moto(): Promise<string> {
  const port = await freePort();
  const installed = spawnSync('python3', ['-c', 'import moto.server']).status === 0;
  const [command, ...args] = installed ? ['python3', '-m', 'moto.server'] : ['moto_server'];
  const server = spawn(command, [...args, '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', cwd: mkdtempSync(join(tmpdir(), 'encaudit-moto-')) });
  const failed = new Promise<never>((_resolve, reject) => server.once('error', reject));
  onTestFinished(() => {
    server.kill();
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<void> => {
    while (
      !(await fetch(`${endpoint}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await sleep(100);
  };
  await Promise.race([answers(), failed]);
  return endpoint;
}
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
