import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { ScanResult } from '../../src/model/result.ts';
import { run } from '../e2e/run.ts';
import { moto } from './moto.ts';
import { authority, dovecot, mariadb, postfix, postgres, redis, slapd } from './plaintext-servers.ts';
import { nginx } from './tls-servers.ts';

const keys = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing-secret', AWS_REGION: 'eu-west-1' };
/** An account at moto: a bucket, a key without rotation, a PostgreSQL without encryption. */
async function account(): Promise<string> {
  const endpoint = await moto();
  const options = { endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing-secret' } };
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'spine', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  await new KMSClient(options).send(new CreateKeyCommand({}));
  await new RDSClient(options).send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'orders',
      DBInstanceClass: 'db.t3.micro',
      Engine: 'postgres',
      EngineVersion: '14.12',
      AllocatedStorage: 20,
      MasterUsername: 'root',
      MasterUserPassword: 'not-a-secret-1',
    }),
  );
  return endpoint;
}

test('one report over real services and an account of somebody else', async () => {
  const web = await nginx('ssl_protocols TLSv1.2 TLSv1.3');
  const [open, closed] = [await postgres(true, 'host all all all password'), await postgres(true, 'hostssl all all all scram-sha-256')];
  const [maria, cache, directory] = [await mariadb('plain'), await redis('plain'), await slapd('required')];
  const mail = await dovecot('required');
  const smtp = await postfix('required', mail.auth);
  const endpoint = await account();
  const cwd = mkdtempSync(join(tmpdir(), 'encaudit-spine-'));
  writeFileSync(join(cwd, 'root.pem'), authority);
  // Dovecot takes whoever comes from its own address for safe.
  const target = (scheme: string, port: number): string =>
    `  - { target: "${scheme}://localhost:${port}", ip: ${/imap|pop3/.test(scheme) ? '127.0.0.2' : '127.0.0.1'} }\n`;
  const targets = [
    ['https', web],
    ['postgres', open],
    ['postgres', closed],
    ['mysql', maria],
    ['redis', cache],
    ['ldap', directory],
    ['imap', mail.imap],
    ['pop3', mail.pop3],
    ['smtp', smtp],
  ] as const;
  writeFileSync(
    join(cwd, 'encaudit.yaml'),
    `trust: { ca: [root.pem] }\nframeworks: [pci-dss-4.0.1]\ntargets:\n${targets.map(([scheme, port]) => target(scheme, port)).join('')}  - "aws:@eu-west-1"\n`,
  );
  const ended = await run(['scan', '-f', 'json=result.json', '-f', 'terminal', '--max-unknown', '1000'], { cwd, env: { ...keys, AWS_ENDPOINT_URL: endpoint } });
  if (process.env['ENCAUDIT_SHOW']) process.stdout.write(ended.stdout + ended.stderr);
  expect(ended.status).toBe(1);
  expect(ended.stdout + ended.stderr).not.toMatch(/testing-secret|not-a-secret/);
  const result: ScanResult = JSON.parse(readFileSync(join(cwd, 'result.json'), 'utf8'));
  const failed = (id: string): readonly string[] =>
    result.findings.flatMap(({ subject, verdict, rule }) => (subject.includes(id) && verdict === 'fail' ? [rule] : []));
  const plain = (port: number): readonly string[] => failed(`:${port}`).filter((rule) => /^plaintext\/|tls\/offered/.test(rule));
  expect(failed(`:${web}`).filter((rule) => /^(?:tls\/(?!only-forward)|plaintext\/)/.test(rule))).toEqual([]);
  expect(plain(open).length).toBeGreaterThan(0);
  expect([closed, directory, mail.imap, mail.pop3, smtp].map(plain)).toEqual([[], [], [], [], []]);
  expect(plain(maria)).toContain('tls/offered-by-service');
  expect(plain(cache).length).toBeGreaterThan(1);
  expect(failed(':db:orders')).toEqual(expect.arrayContaining(['rds/instance-storage-encrypted']));
  expect(failed(':key/')).toContain('kms/rotation');
  expect(failed(':spine')).toContain('s3/denies-plain-http');
});
