import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { KmsAccount, LabKey } from './kms-account.ts';
import { faultsOf } from './faults.ts';
import { listenOn, type Stop } from './listen.ts';
import { bodyOf, requestIdOf, respond, type Trouble } from './respond.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable';
export type KmsOperation = 'ListKeys' | 'ListAliases' | 'DescribeKey' | 'GetKeyPolicy' | 'GetKeyRotationStatus' | 'ListKeyRotations';
/** Something that goes wrong: in calls of one operation (all of them where none is named), about one key (its id), the first `times` of them. */
export interface KmsFault {
  readonly operation?: KmsOperation;
  readonly key?: string;
  readonly times?: number;
  readonly is: { readonly error: string; readonly status?: number } | { readonly body: string } | Trouble;
}
export interface KmsWireOptions {
  readonly account: KmsAccount;
  readonly pageSize?: number; // KMS may give fewer than were asked for
  readonly faults?: readonly KmsFault[];
}
/** `calls`: region and operation of each as it came, with the id of its key. */
export interface KmsWire extends Stop {
  readonly endpoint: string;
  readonly calls: readonly string[];
}
interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly key: string | undefined;
  readonly region: string;
  readonly accessKeyId: string | undefined;
  readonly requestId: string;
}

/** KMS of one account on one loopback port: JSON 1.1 over HTTP, the regions told apart by the signature, which is not checked otherwise. */
export async function startKmsWire({ account, pageSize = 1000, faults = [] }: KmsWireOptions): Promise<KmsWire> {
  const calls: string[] = [];
  const faultOf = faultsOf<Call, KmsFault['is'], KmsFault>(
    faults,
    (fault, { operation, key }) => (fault.operation ?? operation) === operation && (fault.key ?? key) === key,
  );
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request, calls.length).catch(() => undefined);
    if (call === undefined) {
      response.destroy();
      return;
    }
    calls.push([call.region, call.operation, call.key].filter(Boolean).join(' '));
    const fault = faultOf(call);
    const said = typeof fault === 'object' && ('error' in fault || 'body' in fault) ? fault : undefined;
    const { status, body } = said ? ('error' in said ? failure(said.error, said.status) : { status: 200, body: said.body }) : answer(account, call, pageSize);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': call.requestId };
    respond(response, { status, body, headers }, typeof fault === 'object' && !('slow' in fault) ? undefined : fault);
  };
  const server = createServer((request, response) => {
    response.on('error', () => {});
    void serve(request, response);
  });
  const { port, stop } = await listenOn(server, '127.0.0.1');
  return { endpoint: `http://127.0.0.1:${port}`, calls, stop };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
async function callOf(request: IncomingMessage, count: number): Promise<Call> {
  const target = /^TrentService\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1];
  const input: unknown = JSON.parse(await bodyOf(request));
  const [, accessKeyId, region = ''] = /Credential=([^/]+)\/\d{8}\/([^/]+)\/kms\//.exec(request.headers.authorization ?? '') ?? [];
  if (target === undefined || typeof input !== 'object' || input === null) throw new RangeError('not a call of this wire');
  const fields = Object.fromEntries(Object.entries(input));
  return {
    operation: target,
    input: fields,
    key: text(fields['KeyId'])?.split('/').at(-1),
    region,
    accessKeyId,
    requestId: requestIdOf(count)
      .toLowerCase()
      .padEnd(32, '0')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}
const ok = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) });
/** KMS says what went wrong in __type (AWS JSON 1.1). */
const failure = (type: string, status = 400): Answer => ({ status, body: JSON.stringify({ __type: type, message: `said the small KMS: ${type}` }) });

function answer(account: KmsAccount, { operation, input, key: id, region, accessKeyId }: Call, pageSize: number): Answer {
  if (accessKeyId === undefined) return failure('MissingAuthenticationTokenException');
  if (accessKeyId !== account.accessKeyId) return failure('UnrecognizedClientException');
  const here = account.keys.filter((key) => key.region === region);
  const arn = (key: LabKey): string => arnOf(account, key);
  if (operation === 'ListKeys') {
    const { page, more } = pageOf(here, input, pageSize, 1000);
    return ok({ Keys: page.map((key) => ({ KeyId: key.id, KeyArn: arn(key) })), ...more });
  }
  if (operation === 'ListAliases') {
    const all = here.flatMap((key) => key.aliases.map((name) => ({ AliasName: name, AliasArn: arn(key).replace(`key/${key.id}`, name), TargetKeyId: key.id })));
    const { page, more } = pageOf(all, input, pageSize, 100);
    return ok({ Aliases: page, ...more });
  }
  const key = here.find((one) => one.id === id);
  if (!key) return failure('NotFoundException');
  if (key.denied.includes(operation)) return failure('AccessDeniedException');
  switch (operation) {
    case 'DescribeKey':
      return ok({ KeyMetadata: metadata(account, key) });
    case 'GetKeyPolicy':
      return ok({ Policy: key.policy, PolicyName: 'default' });
    case 'GetKeyRotationStatus':
      return rotationStatus(account, key);
    case 'ListKeyRotations':
      return rotations(key, input, pageSize);
    default:
      return failure('UnknownOperationException');
  }
}
const arnOf = ({ id }: KmsAccount, key: Pick<LabKey, 'region' | 'id'>): string => `arn:aws:kms:${key.region}:${id}:key/${key.id}`;
const seconds = (iso: string): number => Date.parse(iso) / 1000;

/** The marker is the place of the next item. */
function pageOf<T>(items: readonly T[], input: Call['input'], pageSize: number, most: number): { readonly page: readonly T[]; readonly more: object } {
  const from = Number(text(input['Marker']) ?? 0);
  const limit = typeof input['Limit'] === 'number' ? input['Limit'] : 100;
  const page = items.slice(from, from + Math.min(limit, most, pageSize));
  const next = from + page.length;
  return { page, more: next < items.length ? { Truncated: true, NextMarker: String(next) } : { Truncated: false } };
}
/** API reference, KeyMetadata. */
function metadata(account: KmsAccount, key: LabKey): object {
  const { multiRegion } = key;
  return {
    AWSAccountId: account.id,
    KeyId: key.id,
    Arn: arnOf(account, key),
    CreationDate: seconds(key.created),
    Enabled: key.state === 'Enabled',
    Description: '',
    KeyUsage: key.usage,
    KeyState: key.state,
    Origin: key.origin,
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    MultiRegion: multiRegion !== undefined,
    ...(key.deletion !== undefined && { DeletionDate: seconds(key.deletion) }),
    ...(key.store !== undefined && { CustomKeyStoreId: key.store }),
    ...(key.origin === 'EXTERNAL' && { ExpirationModel: key.validTo === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES' }),
    ...(key.validTo !== undefined && { ValidTo: seconds(key.validTo) }),
    ...(multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: multiRegion.type,
        PrimaryKey: { Arn: arnOf(account, { ...key, region: multiRegion.primary }), Region: multiRegion.primary },
        ReplicaKeys: account.keys
          .filter((one) => one.id === key.id && one.region !== multiRegion.primary)
          .map((one) => ({ Arn: arnOf(account, one), Region: one.region })),
      },
    }),
  };
}
/** Asymmetric keys are said not to rotate; of imported ones and of custom stores KMS says that the question is not supported. */
function rotationStatus(account: KmsAccount, key: LabKey): Answer {
  if (key.state === 'PendingDeletion' || key.state === 'PendingImport') return failure('KMSInvalidStateException');
  if (key.origin !== 'AWS_KMS') return failure('UnsupportedOperationException');
  const on = key.spec === 'SYMMETRIC_DEFAULT' && (key.rotation?.enabled ?? false);
  return ok({ KeyId: arnOf(account, key), KeyRotationEnabled: on, ...(on && key.rotation?.days !== undefined && { RotationPeriodInDays: key.rotation.days }) });
}
function rotations(key: LabKey, input: Call['input'], pageSize: number): Answer {
  if (key.spec !== 'SYMMETRIC_DEFAULT') return failure('UnsupportedOperationException');
  const { page, more } = pageOf(key.rotations, input, pageSize, 1000);
  return ok({ Rotations: page.map(({ at, type }) => ({ KeyId: key.id, RotationDate: seconds(at), RotationType: type })), ...more });
}
