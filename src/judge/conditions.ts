import { BlockList, isIPv6 } from 'node:net';
import type { Declared as DeclaredFacts } from '../facts/declared.ts';
import type { DataTag } from '../model/catalogue.ts';
import type { DeepPartial, Subject } from '../model/observation.ts';

export type Truth = true | false | undefined; // undefined: neither declared nor observed
type Declared = DeepPartial<DeclaredFacts>;
/** What a condition is asked about: one subject, under the frameworks that were chosen. */
export interface Setting {
  readonly subject: Subject;
  readonly chosenData: ReadonlySet<DataTag>; // what the chosen frameworks declare of untagged targets
}
type Condition = (setting: Setting) => Truth;

const declared = ({ subject }: Setting): Declared => subject.views.find(({ facts }) => facts.declared)?.facts.declared ?? {};
const data =
  (tag: DataTag): Condition =>
  (setting) => {
    const tags = declared(setting).data ?? [];
    if (tags.length === 0) return setting.chosenData.has(tag) ? true : undefined;
    return tags.includes(tag) || (tag === 'sensitive' && tags.some((one) => one !== 'none'));
  };
/** A role that nobody declared is not known to be absent, except where only a declaration could make it so. */
const role =
  (name: NonNullable<Declared['role']>[number]): Condition =>
  (setting) =>
    declared(setting).role?.includes(name) ?? false;

/** IANA special-purpose address registries: what is not globally reachable. */
const notGlobal = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notGlobal.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 96], // with ::ffff:0:0/96 (mapped, which the list reads as IPv4) nothing here is routed
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2002::', 16],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  notGlobal.addSubnet(net, prefix, 'ipv6');
const isGlobal = (address: string): boolean => !notGlobal.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** Open: said so, or a globally routable address was seen. A bucket's endpoint is public, and that of a database where its name has a public address. */
const openNetwork: Condition = (setting) => {
  const { network = 'unspecified' } = declared(setting);
  if (network !== 'unspecified') return network === 'open';
  if (setting.subject.kind === 's3-bucket') return true;
  if (setting.subject.kind === 'rds-instance') return setting.subject.views.some(({ facts }) => facts.rds?.publiclyAccessible === true) || undefined;
  const addresses = setting.subject.views.flatMap(({ address }) => address ?? []);
  return addresses.length === 0 ? undefined : addresses.some(isGlobal);
};
const unencrypted: Condition = ({ subject }) => {
  if (subject.kind === 'rds-instance' || subject.kind === 'rds-cluster') return contrary(subject.views.map(({ facts }) => facts.rds?.storageEncrypted));
  if (subject.kind === 'rds-snapshot') return contrary(subject.views.map(({ facts }) => facts.rds?.encrypted));
  if (subject.kind !== 's3-bucket') return undefined;
  const tiers = subject.views.flatMap(({ facts }) => facts.s3?.tier ?? []);
  return tiers.length === 0 ? undefined : tiers.includes('none');
};
/** Of the first answer, if there is one. */
const contrary = ([answer]: readonly (boolean | undefined)[]): Truth => (answer === undefined ? undefined : !answer);
const mtls: Condition = (setting) => declared(setting).mtls === 'required';
/** A password or token that a listener can read. Challenge and response do not count. */
const clearLogin: Condition = ({ subject }) => {
  if (subject.kind !== 'endpoint') return undefined;
  const clear = subject.views.flatMap(({ facts }) => facts.plaintext?.clearPassword ?? []);
  return clear.length === 0 ? undefined : clear.includes(true);
};
const resource =
  (kind: Subject['kind'] | undefined): Condition =>
  ({ subject }) =>
    subject.kind === kind;
/** Of a command that was given to us: unless it was said not to be. */
const production: Condition = ({ subject }) =>
  subject.kind === 'client' ? subject.views.flatMap(({ facts }) => facts.client?.production ?? []).find((said) => said !== undefined) : undefined;
const notYet: Condition = () => undefined;

const conditions: ReadonlyMap<string, Condition> = new Map<string, Condition>([
  ['data: pci', data('pci')],
  ['data: phi', data('phi')],
  ['data: personal', data('personal')],
  ['data: sensitive', data('sensitive')],
  ['network: open', openNetwork],
  ['role: admin', role('admin')],
  ['role: poi termination', role('poi-termination')],
  ['role: ordinary endpoint', (setting) => !role('poi-termination')(setting)],
  ['role: service provider', role('service-provider')],
  ['login: in clear', clearLogin],
  ['policy: mtls required', mtls],
  ['policy: cmk required', ({ subject }) => (subject.kind === 's3-bucket' ? undefined : false)],
  ['policy: cryptoperiod exceeded', notYet],
  ['state: unencrypted', unencrypted],
  ['grant: key administration', notYet],
  ['key: rotatable', notYet],
  ['secret: authenticator', notYet],
  ['found: in code', () => false],
  ['code: production', production],
  ['resource: s3 bucket', resource('s3-bucket')],
  ['resource: rds instance', ({ subject }) => subject.kind === 'rds-instance' || subject.kind === 'rds-cluster'],
  ['resource: ebs volume', resource(undefined)],
  ['resource: efs file system', resource(undefined)],
  ['resource: cloudtrail', resource(undefined)],
  ['resource: audit logs', role('audit-logs')],
]);
export const conditionNames: ReadonlySet<string> = new Set(conditions.keys());

export const truthOf = (name: string, setting: Setting): Truth => conditions.get(name)?.(setting);
/** A condition on data, which only drops an edge: `otherwise` is for the others. */
export const dropsWhenFalse = (name: string): boolean => name.startsWith('data: ') || name.startsWith('code: ') || name === 'found: in code';
