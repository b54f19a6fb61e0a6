// Audits buckets of a small S3 on loopback: node bench/buckets.mjs [buckets] [runs]
// Wall time with start-up, the calls that were made, and the scanner's peak memory.
import { bin, folder, mb, run, times } from './measure.mjs';
import { startS3Wire } from '../dist/demo/s3-wire.js';
import { labAccount } from '../dist/demo/s3-account.js';

const count = Number(process.argv[2] ?? 200);
const runs = Number(process.argv[3] ?? 3);
const [{ region, created }] = labAccount.buckets;
const buckets = Array.from({ length: count }, (_, i) => {
  const name = `bench-${String(i).padStart(5, '0')}`;
  const Statement = [
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ];
  const policy = JSON.stringify({ Version: '2012-10-17', Statement });
  return { name, region, created, denied: [], tags: {}, encryption: { algorithm: 'AES256', bucketKey: false, blocked: ['SSE-C'] }, policy };
});
const wire = await startS3Wire({ account: { ...labAccount, buckets } });
const env = {
  AWS_ENDPOINT_URL: wire.endpoint,
  AWS_ACCESS_KEY_ID: labAccount.accessKeyId,
  AWS_SECRET_ACCESS_KEY: labAccount.secretAccessKey,
  AWS_REGION: region,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};
const all = [];
for (let i = 0; i < runs; i++) {
  wire.calls.length = 0;
  all.push(await run([bin, 'scan', 'aws:s3', '-f', 'json=result.json'], { cwd: folder(), env }));
}
const calls = {};
for (const call of wire.calls) calls[call.split(' ')[0]] = (calls[call.split(' ')[0]] ?? 0) + 1;
console.log(`${count} buckets: ${times(all)}`);
console.log(`calls: ${Object.entries(calls).map(([name, times]) => `${times} ${name}`).join(', ')}`);
console.log(`memory: peak ${mb(Math.max(...all.map(({ peak }) => peak)))}; ${all.at(-1).err.trim().split('\n').at(-1)}`);
await wire.stop();
