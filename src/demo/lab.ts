import { undeclared, type Declared } from '../facts/declared.ts';
import type { AwsTarget, EndpointTarget, Target } from '../model/target.ts';
import { endpointId } from '../util/subject-id.ts';
import { labCertificates, type Certificates } from './certificates.ts';
import type { Listening, Stop } from './listen.ts';
import { labKeys } from './kms-account.ts';
import { startKmsWire } from './kms-wire.ts';
import { labDatabases } from './rds-account.ts';
import { startRdsWire } from './rds-wire.ts';
import { labAccount } from './s3-account.ts';
import { startS3Wire } from './s3-wire.ts';
import { cleartext, https, legacy, modern, redirecting, silent } from './servers.ts';

/** A world to scan, on loopback alone. Nothing in the targets says that it is one: each has an address, a name and roots like any other. */
export interface Lab {
  readonly targets: readonly Target[];
  readonly roots: string; // PEM of the authority that the lab's good servers lead to
  /** `endpoint`: S3 and STS; `services`: those that have another one, as AWS_ENDPOINT_URL_<SERVICE> spells them. */
  readonly aws: {
    readonly endpoint: string;
    readonly services: Readonly<Record<'KMS' | 'RDS', string>>;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly stop: () => Promise<void>;
}
type Run = (start: Promise<Listening>) => Promise<number>;
interface Place {
  readonly port: number;
  readonly httpPort?: number;
}
/** One server of the lab: the first label of its name, what was declared of it, and how it starts. */
interface Server {
  readonly name: string;
  readonly declared?: Declared;
  readonly ip?: '127.0.0.1' | '::1';
  readonly start: (name: string, certificates: Certificates, run: Run) => Promise<Place>;
}
const onePort =
  (start: (name: string, certificates: Certificates) => Promise<Listening>): Server['start'] =>
  async (name, certificates, run) => ({ port: await run(start(name, certificates)) });

const servers: readonly Server[] = [
  {
    name: 'shop',
    declared: { data: ['pci'], network: 'open' },
    start: async (name, { good }, run) => {
      const port = await run(https(good(name)));
      return { port, httpPort: await run(redirecting(`https://${name}:${port}/`)) };
    },
  },
  { name: 'shop-v6', ip: '::1', start: onePort((name, { good }) => https(good(name), modern, { host: '::1' })) },
  { name: 'legacy', declared: { data: ['pci'] }, start: onePort((name, { rsa }) => https(rsa(name), legacy)) },
  { name: 'expired', start: onePort((name, { expired }) => https(expired(name))) },
  { name: 'renewal', start: onePort((name, { dueForRenewal }) => https(dueForRenewal(name))) },
  { name: 'wrong-host', start: onePort((name, { wrongHost }) => https(wrongHost(name))) },
  { name: 'self-signed', declared: { network: 'internal' }, start: onePort((name, { selfSigned }) => https(selfSigned(name))) },
  { name: 'incomplete-chain', start: onePort((name, { incompleteChain }) => https(incompleteChain(name))) },
  { name: 'wrong-order', start: onePort((name, { wrongOrder }) => https(wrongOrder(name))) },
  {
    name: 'partners',
    declared: { mtls: 'required' },
    start: onePort((name, { good, root }) => https(good(name), { ...modern, requestCert: true, rejectUnauthorized: true, ca: root })),
  },
  {
    name: 'min-tls',
    declared: { minTls: 'TLSv1.3', data: ['phi'] },
    start: onePort((name, { good }) => https(good(name), { ...modern, maxVersion: 'TLSv1.2' })),
  },
  {
    name: 'no-hsts',
    start: async (name, { good }, run) => ({ port: await run(https(good(name), modern, { withHsts: false })), httpPort: await run(cleartext()) }),
  },
  { name: 'plain-http', start: onePort(() => cleartext()) },
  { name: 'silent', start: onePort(() => silent()) },
];

/** Services of the account; what is declared of it holds for every bucket. */
const account: AwsTarget = {
  is: 'aws',
  id: `aws://${labAccount.id}/all/s3`,
  label: 'aws:s3',
  declared: { ...undeclared, minTier: 'sse-kms' },
  tags: [],
  services: ['s3'],
};

/** The keys of the same account, in the regions that have any. */
const keys: AwsTarget = {
  is: 'aws',
  id: `aws://${labAccount.id}/eu-west-1,us-east-1/kms`,
  label: 'aws:kms@eu-west-1,us-east-1',
  declared: { ...undeclared, data: ['phi'] },
  tags: [],
  services: ['kms'],
  regions: ['eu-west-1', 'us-east-1'],
};

/** The databases of the same account, in the one region that has any. */
const databases: AwsTarget = {
  is: 'aws',
  id: `aws://${labAccount.id}/eu-west-1/rds`,
  label: 'aws:rds@eu-west-1',
  declared: { ...undeclared, data: ['phi'] },
  tags: [],
  services: ['rds'],
  regions: ['eu-west-1'],
};

/** Starts everything, on ports that the system chooses; where one cannot be had it rejects with nothing left open. Certificates date from `now`. */
export async function startLab({ now = new Date() } = {}): Promise<Lab> {
  const open: Stop[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(open.splice(0).map((one) => one.stop()));
  };
  const run: Run = async (start) => {
    const listening = await start;
    open.push(listening);
    return listening.port;
  };
  const certificates = labCertificates(now);
  const wire = await startS3Wire({ account: labAccount, pageSize: 4 });
  open.push(wire);
  const keyWire = await startKmsWire({ account: labKeys(now, labAccount.accessKeyId), pageSize: 8 });
  open.push(keyWire);
  const databaseWire = await startRdsWire({ account: labDatabases(now, labAccount.accessKeyId), pageSize: 6 });
  open.push(databaseWire);
  const started = await Promise.allSettled(servers.map((server) => startServer(server, certificates, run)));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const { accessKeyId, secretAccessKey } = labAccount;
  return {
    targets: [...started.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : [])), account, databases, keys],
    roots: certificates.root,
    aws: { endpoint: wire.endpoint, services: { KMS: keyWire.endpoint, RDS: databaseWire.endpoint }, credentials: { accessKeyId, secretAccessKey } },
    stop,
  };
}
/** Undefined where the machine has no IPv6 and the server wants it. */
async function startServer(
  { name: label, declared, ip = '127.0.0.1', start }: Server,
  certificates: Certificates,
  run: Run,
): Promise<EndpointTarget | undefined> {
  const name = `${label}.lab.test`; // RFC 6761: no name server knows it
  try {
    const { port, httpPort } = await start(name, certificates, run);
    return {
      is: 'endpoint',
      id: endpointId(name, port),
      label: name,
      declared: { ...undeclared, ...declared },
      tags: [],
      protocol: 'https',
      name,
      port,
      servername: name,
      ip,
      ...(httpPort !== undefined && { httpPort }),
    };
  } catch (error) {
    if (ip === '::1' && error instanceof Error && 'code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) return undefined;
    throw error;
  }
}
