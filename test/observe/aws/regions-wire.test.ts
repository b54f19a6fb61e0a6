import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { enabledRegions } from '../../../src/observe/aws/regions.ts';
import { openSession } from '../../../src/observe/aws/session.ts';
import { listen } from '../../support/listen.ts';
import { configure } from './wire.ts';

interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly signedFor: string;
}
/** The account service, which the real SDK finds by its own variable. Shapes: AWS Account Management API reference, ListRegions. */
async function account(answer: (body: Record<string, unknown>, response: ServerResponse) => void): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const body: Record<string, unknown> = JSON.parse(text || '{}');
      asked.push({ path: request.url ?? '', body, signedFor: /\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '' });
      response.setHeader('x-amzn-requestid', 'req-1');
      answer(body, response);
    });
  });
  configure({
    AWS_ENDPOINT_URL_ACCOUNT: `http://127.0.0.1:${await listen(server)}`,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'top-secret',
    AWS_REGION: 'eu-west-1',
  });
  return asked;
}
async function ask(): ReturnType<typeof enabledRegions> {
  const session = await openSession({ timeoutMs: 2000, sockets: 2 });
  try {
    return await enabledRegions(session, { signal: new AbortController().signal, timeoutMs: 2000, now: () => new Date(0) });
  } finally {
    session.close();
  }
}
const json = (response: ServerResponse, body: unknown, status = 200, headers = {}): unknown =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const enabled = (...names: readonly string[]): unknown => names.map((RegionName) => ({ RegionName, RegionOptStatus: 'ENABLED_BY_DEFAULT' }));

test('all pages, in the one region that answers, and only what is enabled', async () => {
  const asked = await account((body, response) =>
    json(
      response,
      body['NextToken'] ? { Regions: enabled('eu-west-1', 'af-south-1') } : { Regions: enabled('us-east-1', 'eu-west-1', 'evil.example/'), NextToken: 'more' },
    ),
  );
  expect(await ask()).toEqual({ regions: ['af-south-1', 'eu-west-1', 'us-east-1'] });
  expect(asked).toMatchObject([
    { path: '/listRegions', signedFor: 'us-east-1', body: { RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'], MaxResults: 50 } },
    { body: { NextToken: 'more' } },
  ]);
});
test('a denial is a gap with API, code and request id', async () => {
  await account((_body, response) => json(response, { message: 'no' }, 403, { 'x-amzn-errortype': 'AccessDeniedException' }));
  expect(await ask()).toEqual({
    regions: [],
    gap: { path: '', code: 'access-denied', by: 'account:ListRegions', detail: expect.stringContaining('request req-1'), tries: 1, evidence: [] },
  });
});
test('a token that comes again ends it, and nobody calls the list whole', async () => {
  const asked = await account((_body, response) => json(response, { Regions: enabled('us-east-1'), NextToken: 'same' }));
  expect(await ask()).toMatchObject({ regions: ['us-east-1', 'us-east-1'], gap: { code: 'malformed' } });
  expect(asked).toHaveLength(2);
});
test('nothing that could be a list is a gap', async () => {
  await account((_body, response) => json(response, {}));
  expect((await ask()).gap).toMatchObject({ code: 'malformed' });
});
