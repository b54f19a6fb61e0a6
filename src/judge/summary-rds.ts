import type { RdsInstance } from '../facts/rds.ts';
import type { Subject, View } from '../model/observation.ts';
import type { SubjectSummary } from '../model/result.ts';
import { plural } from '../util/text.ts';

type RdsSubject = Extract<Subject, { kind: 'rds-instance' | 'rds-cluster' | 'rds-snapshot' }>;
type Cells = SubjectSummary['cells'];
const dayMs = 86_400_000;
const dash = '–';
const unseen = 'not known';

export function rdsCells(subject: RdsSubject, now: Date): Cells {
  if (subject.kind === 'rds-instance') return instanceCells(subject.views[0], now);
  return subject.kind === 'rds-cluster' ? clusterCells(subject.views[0]) : snapshotCells(subject.views[0]);
}
function instanceCells(view: View<'rds-instance'> | undefined, now: Date): Cells {
  const rds = view?.facts.rds ?? {};
  const member = rds.clusterMember === true;
  return {
    engine: engine(rds),
    TLS: member ? 'by cluster' : tls(rds),
    'at rest': member ? 'by cluster' : atRest(rds.storageEncrypted, rds.encryptionType),
    certificate: certificate(rds.certificateValidTill, now),
  };
}
function clusterCells(view: View<'rds-cluster'> | undefined): Cells {
  const rds = view?.facts.rds ?? {};
  return {
    engine: engine(rds),
    TLS: tls(rds),
    'at rest': atRest(rds.storageEncrypted, rds.encryptionType),
    members: rds.members === undefined ? unseen : String(rds.members.length),
  };
}
function snapshotCells(view: View<'rds-snapshot'> | undefined): Cells {
  const rds = view?.facts.rds ?? {};
  const others = rds.sharedWith === undefined ? unseen : rds.sharedWith === 0 ? 'nobody else' : plural(rds.sharedWith, 'account');
  return {
    of: [rds.of, rds.source].filter((part) => part !== undefined).join(' ') || dash,
    'at rest': atRest(rds.encrypted, rds.encryptionType),
    'shared with': rds.public === true ? 'everybody' : others,
  };
}
/** `postgres 16.8`: release and patch are enough in a table. */
const engine = ({ engine: name, engineVersion }: Pick<RdsInstance, 'engine' | 'engineVersion'>): string =>
  [name, /^\d+(\.\d+)?/.exec(engineVersion ?? '')?.[0]].filter((part) => part !== undefined).join(' ') || dash;
function tls({ tlsEnforced, tlsConfigured, minTlsVersion }: Pick<RdsInstance, 'tlsEnforced' | 'tlsConfigured' | 'minTlsVersion'>): string {
  if (tlsEnforced === undefined) return unseen;
  const word = tlsEnforced ? 'required' : tlsConfigured === true ? 'after a reboot' : 'optional';
  return minTlsVersion === undefined ? word : `${word}, ${minTlsVersion === 'TLSv1' ? '1.0' : minTlsVersion.replace('TLSv', '')}+`;
}
function atRest(encrypted: boolean | undefined, type: RdsInstance['encryptionType']): string {
  if (encrypted === undefined) return unseen;
  return encrypted ? (type === 'sse-rds' ? 'key of AWS' : 'KMS key') : 'not encrypted';
}
function certificate(till: string | undefined, now: Date): string {
  if (till === undefined) return dash;
  const left = Math.floor((Date.parse(till) - now.getTime()) / dayMs);
  return left < 0 ? `expired ${plural(-left, 'day')} ago` : `${plural(left, 'day')} left`;
}
