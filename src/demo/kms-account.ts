import type { KeyState } from './kms-wire.ts';

/** What the small KMS knows of one key. Times are ISO; `policy` is JSON as it was put; `denied` are calls that the auditor may not make. */
export interface LabKey {
  readonly id: string;
  readonly region: string;
  readonly manager: 'CUSTOMER' | 'AWS';
  readonly state: KeyState;
  readonly spec: string;
  readonly usage: string;
  readonly origin: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE';
  readonly created: string;
  readonly deletion?: string;
  readonly validTo?: string;
  readonly store?: string;
  readonly multiRegion?: { readonly type: 'PRIMARY' | 'REPLICA'; readonly primary: string }; // region of the primary
  readonly rotation?: { readonly enabled: boolean; readonly days?: number };
  readonly rotations: readonly { readonly at: string; readonly type: 'AUTOMATIC' | 'ON_DEMAND' }[];
  readonly policy: string;
  readonly aliases: readonly string[];
  readonly denied: readonly string[];
}
export interface KmsAccount {
  readonly id: string;
  readonly accessKeyId: string;
  readonly keys: readonly LabKey[];
}

const id = '111122223333'; // AWS keeps it for documentation
const region = 'eu-west-1';
type Statement = Readonly<Record<string, unknown>>;
const policy = (...statements: readonly Statement[]): string => JSON.stringify({ Version: '2012-10-17', Id: 'key', Statement: statements });
const role = (name: string): string => `arn:aws:iam::${id}:role/${name}`;
const delegation: Statement = { Sid: 'Iam', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${id}:root` }, Action: 'kms:*', Resource: '*' };
const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const uses = (Principal: unknown, more: Statement = {}): Statement => ({ Sid: 'Use', Effect: 'Allow', Principal, Action: use, Resource: '*', ...more });
const closed = policy(delegation, uses({ AWS: role('lab-app') }));

/** The keys that the lab's buckets and databases name; no secrets, so that they may look like what they are. */
export const labKeyIds = {
  data: '1a2b3c4d-0000-4000-8000-00000000c0de',
  payments: '5e6f7a8b-0000-4000-8000-00000000dead',
  retired: '1a2b3c4d-0000-4000-8000-0000000000a2',
  shared: '1a2b3c4d-0000-4000-8000-0000000000a3',
} as const;

/** Keys worth auditing, as they are at `now`: each is good, or bad in a way of its own. */
export function labKeys(now: Date, accessKeyId: string): KmsAccount {
  const day = (offset: number): string => new Date(now.getTime() + offset * 86_400_000).toISOString();
  const key = (keyId: string, alias: string, more: Partial<LabKey> = {}): LabKey => ({
    id: keyId,
    region,
    manager: 'CUSTOMER',
    state: 'Enabled',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    created: day(-900),
    rotation: { enabled: true, days: 365 },
    rotations: [{ at: day(-170), type: 'AUTOMATIC' }],
    policy: closed,
    aliases: [`alias/${alias}`],
    denied: [],
    ...more,
  });
  const other = (n: number): string => `1a2b3c4d-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  return {
    id,
    accessKeyId,
    keys: [
      key(labKeyIds.data, 'lab-data'),
      key(labKeyIds.payments, 'lab-payments', { state: 'PendingDeletion', deletion: day(12) }),
      key(labKeyIds.retired, 'lab-patients', { state: 'Disabled', rotation: { enabled: false }, rotations: [] }),
      key(labKeyIds.shared, 'lab-exports', {
        policy: policy(delegation, uses('*', { Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } } })),
      }),
      key(other(0xb1), 'lab-never-rotated', { rotation: { enabled: false }, rotations: [] }),
      key(other(0xb2), 'lab-rotated-on-demand', { rotation: { enabled: false }, rotations: [{ at: day(-40), type: 'ON_DEMAND' }] }),
      key(other(0xb3), 'lab-every-seven-years', { rotation: { enabled: true, days: 2560 }, rotations: [] }),
      key(other(0xb4), 'lab-signing', {
        spec: 'ECC_NIST_P256',
        usage: 'SIGN_VERIFY',
        created: day(-2000),
        rotations: [],
        policy: policy(delegation, uses({ AWS: role('lab-app') }, { Action: ['kms:Sign'] })),
      }),
      key(other(0xb5), 'lab-imported', { origin: 'EXTERNAL', validTo: day(9), rotations: [], created: day(-200) }),
      key(other(0xb6), 'lab-partner', { policy: policy(delegation, uses({ AWS: 'arn:aws:iam::444455556666:root' })) }),
      key(other(0xb7), 'lab-almighty', {
        policy: policy(delegation, { Effect: 'Allow', Principal: { AWS: role('lab-ops') }, Action: 'kms:*', Resource: '*' }),
      }),
      key(other(0xb8), 'lab-locked-out', { policy: policy(uses({ AWS: role('lab-app') })) }),
      key(other(0xb9), 'lab-secret', { denied: ['GetKeyPolicy'] }),
      key('mrk-1a2b3c4d00004000800000000000000c', 'lab-global', { multiRegion: { type: 'PRIMARY', primary: region } }),
      key('mrk-1a2b3c4d00004000800000000000000c', 'lab-global', { region: 'us-east-1', multiRegion: { type: 'REPLICA', primary: region } }),
      key(other(0xc1), 'aws/s3', { manager: 'AWS', rotations: [] }),
    ],
  };
}
