import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { issue } from '../../src/x509/issue.ts';
import { listen } from '../support/listen.ts';
import { folder, run } from './run.ts';

/** Planted: none of these may come out, whatever happens. */
const keys = { AWS_ACCESS_KEY_ID: 'AKIAPLANTED000000001', AWS_SECRET_ACCESS_KEY: 'planted/secret+value', AWS_SESSION_TOKEN: 'plantedSession==' };
const planted = /AKIAPLANTED|planted\/secret|plantedSession|planted-proxy|planted-query|AWS4-HMAC|Signature=/;
const xml = {
  sts: '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
  list: (region: string) =>
    `<ListAllMyBucketsResult><Buckets><Bucket><Name>logs</Name><BucketRegion>${region}</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>`,
  encryption:
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>',
};
const policy = (partition: string): string =>
  JSON.stringify({
    Statement: {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:${partition}:s3:::logs`, `arn:${partition}:s3:::logs/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  });
function answer(request: IncomingMessage, region: string): string {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'POST') return xml.sts;
  if (searchParams.has('encryption')) return xml.encryption;
  return searchParams.has('policy') ? policy(region.startsWith('cn-') ? 'aws-cn' : 'aws') : xml.list(region);
}

/** A proxy that leads every CONNECT to one server, and says who was asked for. */
async function proxyTo(server: Server): Promise<{ readonly port: number; readonly asked: string[] }> {
  const inner = await listen(server);
  const asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }: IncomingMessage, socket) => {
    asked.push(url);
    const upstream = connect(inner, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const one of [socket, upstream]) one.on('error', () => one.destroy());
  });
  return { port: await listen(proxy), asked };
}

test.each([
  ['eu-west-1', 'amazonaws.com', '.amazonaws.com.cn'],
  ['cn-north-1', 'amazonaws.com.cn', '.amazonaws.com'], // an exception for the other partition is none here
])('%s by HTTPS_PROXY: the hosts of AWS itself, and nothing of the credentials', async (region, domain, except) => {
  const hosts = ['s3', 'sts', 'logs.s3'].map((service) => `${service}.${region}.${domain}`);
  const root = issue({ subject: 'root', ca: true, notBefore: new Date(0), notAfter: new Date('2040-01-01') });
  const leaf = issue({ subject: hosts[0] ?? '', san: { dns: hosts }, issuer: root, notBefore: new Date('2026-01-01'), notAfter: new Date('2040-01-01') });
  const secure = createSecure({ cert: leaf.certPem, key: leaf.keyPem }, (request, response) => {
    response.writeHead(200, { 'x-amz-request-id': 'R1' }).end(answer(request, region));
  });
  const { port, asked } = await proxyTo(secure);
  const cwd = folder();
  writeFileSync(join(cwd, 'root.pem'), root.certPem);
  const env = {
    ...keys,
    AWS_REGION: region,
    HTTPS_PROXY: `http://user:planted-proxy@127.0.0.1:${port}`,
    NO_PROXY: except,
    NODE_EXTRA_CA_CERTS: join(cwd, 'root.pem'),
  };
  const { status, stdout, stderr } = await run(['scan', 'aws:s3', '-v', '-f', 'terminal', '-f', 'json=all.json'], { cwd, env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^exit 0/m) });
  expect(stdout).toContain('denied');
  expect([...new Set(asked)].sort()).toEqual(hosts.map((host) => `${host}:443`).sort());
  expect(stdout + stderr).not.toMatch(planted);
});

const failing = (code: string, status: number): Server =>
  createServer((_request, response) => {
    response.writeHead(status, { 'x-amz-request-id': 'REQ4242' }).end(`<Error><Code>${code}</Code><Message>key AKIAPLANTED000000001</Message></Error>`);
  });
test.each([
  ['AccessDenied', 403, 'access-denied'],
  ['ExpiredToken', 400, 'expired-credentials'],
  ['SignatureDoesNotMatch', 403, 'no-credentials'],
  ['SlowDown', 503, 'throttled'],
])('a listing that ends with %s: exit 3, the request to ask AWS about, no credentials', async (code, status, gap) => {
  const port = await listen(failing(code, status));
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: `http://127.0.0.1:${port}/?token=planted-query` };
  const json = await run(['scan', 'aws:s3', '-v', '-f', 'json'], { env });
  expect(json.status).toBe(3);
  expect(json.last).toContain(`s3:ListBuckets: ${gap}`);
  expect(json.stdout).toContain(`${code}, request REQ4242`);
  expect(json.stdout + json.stderr).not.toMatch(planted);
});
test.each([
  ['no credentials', {}, 'no credentials found'],
  ['a profile that is not there', { AWS_PROFILE: 'nobody' }, 'no credentials found, profile nobody'],
  ['an endpoint that nobody listens on', { ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'ECONNREFUSED, endpoint http://127.0.0.1:1'],
])('%s: exit 3, and what to look at', async (_name, env, detail) => {
  const { status, stdout, last } = await run(['scan', 'aws:s3', '-f', 'json'], { env: { AWS_REGION: 'eu-west-1', ...env } });
  expect(status).toBe(3);
  expect(last).toMatch(/^exit 3: nothing answered; listing /);
  expect(stdout).toContain(detail);
});
