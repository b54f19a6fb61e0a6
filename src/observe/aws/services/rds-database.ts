import type { RdsCluster, RdsInstance } from '../../../facts/rds.ts';
import type { Evidence, Gap, Observation } from '../../../model/observation.ts';
import { datesOf, type Authorities } from './rds-authorities.ts';
import type { Cluster } from './rds-cluster.ts';
import { gapsOf } from './rds-facts.ts';
import type { Group, Groups } from './rds-groups.ts';
import type { Instance } from './rds-instance.ts';
import { clusterInForce, configuredTls, inForce, tlsParameter, type InForce, type Member, type Unknown } from './rds-tls.ts';
import { clusterOldest, oldestInForce, oldestTls, versionParameters, type Oldest } from './rds-tls-version.ts';

/** Facts and gaps of one subject beside what its listing said. */
interface Part<F> {
  readonly facts: F;
  readonly gaps: readonly Gap[];
  readonly evidence: readonly Evidence[];
}
const nothing: Part<object> = { facts: {}, gaps: [], evidence: [] };
type Tls = Pick<RdsInstance, 'tlsEnforced' | 'tlsConfigured' | 'tlsEnforcedBy' | 'tlsSetting' | 'minTlsVersion'>;
const enforcementPaths = ['rds.tlsEnforced', 'rds.tlsConfigured', 'rds.tlsEnforcedBy', 'rds.tlsSetting'];

/** One instance; without `groups` nobody asks about TLS, without `listed` nobody about its authority. */
export async function observeInstance(
  instance: Instance,
  groups: Groups | undefined,
  listed: Promise<Authorities> | undefined,
): Promise<Observation<'rds-instance'>> {
  const { subject, found, links, evidence, cluster, ca } = instance;
  const tls = groups && cluster === undefined ? await instanceTls(instance, groups) : nothing;
  const dates = listed && ca !== undefined ? datesFrom(ca, await listed) : nothing;
  return {
    subject,
    kind: 'rds-instance',
    origin: 'api',
    by: 'rds',
    facts: { rds: { ...found.facts, ...tls.facts, ...dates.facts } },
    evidence: [evidence, ...tls.evidence, ...dates.evidence],
    gaps: [...gapsOf(found.missing, evidence), ...tls.gaps, ...dates.gaps],
    links,
  };
}
const datesFrom = (ca: string, listed: Authorities): Part<object> => ({ ...datesOf(ca, listed), evidence: listed.evidence });

async function instanceTls({ engine, version, group, evidence }: Instance, groups: Groups): Promise<Part<Tls>> {
  const names = namesOf(engine);
  if (names.length > 0 && !group) return partOf(noGroup, noGroup, [], evidence);
  const asked = group && names.length > 0 ? await groups.ofInstances(group.name, names) : nobody;
  if (asked.is === 'gap') return partOf(unknown(asked.gap), unknown(asked.gap), asked.evidence, evidence);
  const about = { engine, version };
  const tls = inForce(configuredTls(about, asked.parameters), group?.status);
  return partOf(tls, oldestInForce(oldestTls(about, asked.parameters), group?.status, engine), asked.evidence, evidence);
}
const namesOf = (engine: string): readonly string[] => [...new Set([tlsParameter(engine) ?? [], versionParameters(engine)].flat())];
/** Engines that no parameter decides cost no call. */
const nobody: Group = { is: 'known', parameters: new Map(), evidence: [] };
const noGroup: Unknown = { is: 'gap', code: 'unsupported', detail: 'the reply names no parameter group' };
const unknown = ({ code, detail, by, tries, evidence }: Gap): Unknown => ({ is: 'gap', code, detail, by, tries, evidence });

/** `records`: of the groups that were asked; where none was, the listing says it all. */
function partOf(tls: InForce, oldest: Oldest, records: readonly Evidence[], listing: Evidence): Part<Tls> {
  const { by, id } = records.at(-1) ?? listing;
  const gap = (paths: readonly string[], { is: _, ...why }: Unknown): readonly Gap[] => paths.map((path) => ({ by, tries: 1, evidence: [id], ...why, path }));
  return {
    facts: {
      ...(tls.is === 'known' && { tlsEnforced: tls.enforced, tlsConfigured: tls.on, tlsEnforcedBy: tls.by, tlsSetting: tls.setting }),
      ...(oldest.is === 'known' && { minTlsVersion: oldest.version }),
    },
    gaps: [...(tls.is === 'gap' ? gap(enforcementPaths, tls) : []), ...(oldest.is === 'gap' ? gap(['rds.minTlsVersion'], oldest) : [])],
    evidence: records,
  };
}

/** One cluster. `instances`: those of the region, by identifier, for the groups of its members; `short`: why some may be missing. */
export async function observeCluster(
  cluster: Cluster,
  groups: Groups | undefined,
  instances: ReadonlyMap<string, Instance>,
  short: Gap | undefined,
): Promise<Observation<'rds-cluster'>> {
  const { subject, found, links, evidence } = cluster;
  const tls = groups ? await clusterTls(cluster, groups, instances, short) : nothing;
  return {
    subject,
    kind: 'rds-cluster',
    origin: 'api',
    by: 'rds',
    facts: { rds: { ...found.facts, ...tls.facts } },
    evidence: [evidence, ...tls.evidence],
    gaps: [...gapsOf(found.missing, evidence), ...tls.gaps],
    links,
  };
}

async function clusterTls(cluster: Cluster, groups: Groups, instances: ReadonlyMap<string, Instance>, short: Gap | undefined): Promise<Part<RdsCluster>> {
  const { engine, version, group, evidence } = cluster;
  const names = namesOf(engine);
  if (names.length > 0 && group === undefined) return withOpen(partOf(noGroup, noGroup, [], evidence), noGroup, [], evidence);
  const asked = group !== undefined && names.length > 0 ? await groups.ofClusters(group, names) : nobody;
  if (asked.is === 'gap') return withOpen(partOf(unknown(asked.gap), unknown(asked.gap), asked.evidence, evidence), unknown(asked.gap), [], evidence);
  const own = await Promise.all(cluster.members.map((member) => memberOf(member, names, groups, instances, short)));
  const members = own.map(({ member }) => member);
  const about = { engine, version };
  const { tls, open } = clusterInForce(about, asked.parameters, members);
  const records = [...asked.evidence, ...own.flatMap((one) => one.evidence)];
  return withOpen(partOf(tls, clusterOldest(about, asked.parameters, members), records, evidence), tls, open, evidence);
}
/** A cluster whose setting is not known may be open at any member: then the list is absent too. */
function withOpen(part: Part<Tls>, tls: InForce, open: readonly string[], listing: Evidence): Part<RdsCluster> {
  if (tls.is === 'known') return { ...part, facts: { ...part.facts, membersOpen: [...open] } };
  const { by, id } = part.evidence.at(-1) ?? listing;
  const { is: _, ...why } = tls;
  return { ...part, gaps: [...part.gaps, { by, tries: 1, evidence: [id], ...why, path: 'rds.membersOpen' }] };
}
/** Nobody can edit a default group, so that only others are asked. */
async function memberOf(
  { name: id, status }: Cluster['members'][number],
  names: readonly string[],
  groups: Groups,
  instances: ReadonlyMap<string, Instance>,
  short: Gap | undefined,
): Promise<{ readonly member: Member; readonly evidence: readonly Evidence[] }> {
  const instance = instances.get(id);
  if (names.length === 0) return { member: { id, status }, evidence: [] };
  if (!instance)
    return {
      member: { id, status, own: short ? unknown(short) : { is: 'gap', code: 'not-found', detail: `its instance ${id.slice(0, 80)} is not listed` } },
      evidence: [],
    };
  const { group } = instance;
  if (!group || group.name.startsWith('default.')) return { member: { id, status }, evidence: [] };
  const asked = await groups.ofInstances(group.name, names);
  if (asked.is === 'gap') return { member: { id, status, own: unknown(asked.gap) }, evidence: asked.evidence };
  return { member: { id, status, own: { is: 'known', parameters: asked.parameters, status: group.status } }, evidence: asked.evidence };
}
