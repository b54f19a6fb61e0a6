import { spawnSync } from 'node:child_process';
import { test } from 'vitest';
import { tlsWeakSuites } from '../../src/observe/endpoint/tls-weak-suites.ts';
import { askVersions } from '../../src/observe/endpoint/tls-versions.ts';
import { clientAuth } from '../../src/observe/endpoint/client-auth.ts';
import { endpointContext } from '../support/endpoint-context.ts';
import { nginx, sServer } from './tls-servers.ts';
test('x', async () => {
  for (const port of [
    await nginx('ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3', 'ssl_ciphers ALL:COMPLEMENTOFALL:@SECLEVEL=0'),
    await sServer('-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'),
    await sServer(),
  ]) {
    const target = { name: 'localhost', address: '127.0.0.1', port, servername: 'localhost' };
    const context = endpointContext({}, 4);
    const t = performance.now();
    const { observation, learnt } = await askVersions(target, context);
    const t2 = performance.now();
    const rest = await Promise.all([tlsWeakSuites, clientAuth].map((p) => p.run(target, { ...context, learnt })));
    console.log(
      port,
      Math.round(t2 - t),
      Math.round(performance.now() - t2),
      'connections',
      context.started(),
      JSON.stringify(observation.facts.tls?.negotiated),
      rest
        .flatMap((r) => r.facts.tls?.weakSuites ?? [])
        .filter((w) => w.accepted !== false)
        .map((w) => `${w.version} ${w.family} ${w.suite}`)
        .join('\n'),
      JSON.stringify(rest[1]?.facts),
      JSON.stringify([observation, ...rest].flatMap((o) => o.gaps)),
    );
    console.log(
      spawnSync('sslscan', ['--no-colour', '--no-heartbleed', '--no-compression', '--no-renegotiation', `127.0.0.1:${port}`])
        .stdout.toString()
        .split('\n')
        .filter((l) => /^(SSLv|TLSv|Accepted|Preferred)/.test(l))
        .join('\n'),
    );
  }
}, 120000);
