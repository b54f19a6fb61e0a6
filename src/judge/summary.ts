import type { Finding } from '../model/finding.ts';
import type { Subject, View } from '../model/observation.ts';
import type { SubjectSummary } from '../model/result.ts';
import type { Severity } from '../model/rule.ts';
import { plural } from '../util/text.ts';
import { keyCells } from './summary-kms.ts';
import { rdsCells } from './summary-rds.ts';

const order: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
const dayMs = 86_400_000;
const dash = '–';

/** The cells of a subject in the overview table; where addresses differ, each cell says so. */
export function cellsOf(subject: Subject, now: Date): SubjectSummary['cells'] {
  if (subject.kind === 'endpoint') return endpointCells(subject.views, now);
  if (subject.kind === 'client') return clientCells(subject.views);
  if (subject.kind === 'kms-key') return keyCells(subject.views);
  return subject.kind === 's3-bucket' ? bucketCells(subject.views) : rdsCells(subject, now);
}

/** What a subject is called where no target names it: a key by its first alias, which people know. */
export function nameOf({ id, views }: Subject): string {
  const [view] = views;
  const alias = view && 'kms' in view.facts ? view.facts.kms?.aliases?.[0] : undefined;
  return id
    .replace(/^arn:aws[a-z-]*:s3:::/, 's3://')
    .replace(/^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d+:key\/(.*)$/, (_whole, region: string, key: string) => `kms://${region}/${alias ?? key}`)
    .replace(/^arn:aws[a-z-]*:rds:([a-z0-9-]+):\d+:[a-z-]+:/, 'rds://$1/')
    .replace(/^(?:endpoint|client):\/\//, '');
}

/** Its line there. */
export function summarize(cells: SubjectSummary['cells'], findings: readonly Finding[], label: string): SubjectSummary {
  const open = findings.filter(({ waiver }) => waiver === undefined);
  const fails = open.filter(({ verdict }) => verdict === 'fail');
  const worst = order.find((severity) => fails.some((finding) => finding.severity === severity));
  return { label, cells, ...(worst && { worst }), unknowns: open.filter(({ verdict }) => verdict === 'unknown').length };
}

const together = (words: readonly string[]): string => {
  const distinct = [...new Set(words)];
  return distinct.length <= 1 ? (distinct[0] ?? dash) : distinct.join(' / ');
};
const endpointCells = (views: readonly View<'endpoint'>[], now: Date): SubjectSummary['cells'] => ({
  TLS: together(views.map(tlsCell)),
  certificate: together(views.map((view) => certificateCell(view, now))),
});
function tlsCell({ facts: { tls } }: View<'endpoint'>): string {
  if (tls?.offered === false) return 'plain text';
  if (tls?.offered !== true) return 'no answer';
  const accepted = (tls.versions ?? []).flatMap(({ name, accepted: yes }) => (name !== undefined && yes === true ? [shortName(name)] : []));
  const open = (tls.versions ?? []).filter(({ accepted: yes }) => yes === undefined).length;
  return `${accepted.join(' ')}${open > 0 ? ` (${open} not answered)` : ''}`;
}
const shortName = (version: string): string => (version === 'TLSv1' ? '1.0' : version.replace('TLSv', ''));

function certificateCell({ facts: { tls, certificate, verify } }: View<'endpoint'>, now: Date): string {
  const leaf = certificate?.chain?.[0];
  if (tls?.offered === false || leaf?.notAfter === undefined) return dash;
  const left = Math.floor((Date.parse(leaf.notAfter) - now.getTime()) / dayMs);
  const early = leaf.notBefore !== undefined && Date.parse(leaf.notBefore) > now.getTime();
  const time = early ? 'not yet valid' : left < 0 ? `expired ${plural(-left, 'day')} ago` : `${plural(left, 'day')} left`;
  return [time, ...trustWords(verify)].join(', ');
}
const problems = { 'self-signed-leaf': 'self-signed', 'incomplete-chain': 'chain incomplete', 'unknown-root': 'unknown root', none: 'untrusted' } as const;
function trustWords(verify: View<'endpoint'>['facts']['verify']): readonly string[] {
  const others = [
    ...(verify?.nameMatches === false ? ['wrong name'] : []),
    ...(verify?.purposeValid === false ? ['wrong purpose'] : []),
    ...(verify?.constraintsValid === false ? ['constraints violated'] : []),
    ...(verify?.signaturesValid === false ? ['broken signature'] : []),
  ];
  if (verify?.trusted === false) return [problems[verify.trustProblem ?? 'none'], ...others];
  if (verify?.trusted !== true) return ['trust not known', ...others];
  return others.length > 0 ? others : [verify.anchor === 'private' ? 'private CA' : 'trusted'];
}

const tiers = { none: 'none', 'sse-s3': 'SSE-S3', 'sse-kms': 'SSE-KMS', 'dsse-kms': 'DSSE-KMS' } as const;
function bucketCells(views: readonly View<'s3-bucket'>[]): SubjectSummary['cells'] {
  const s3 = views[0]?.facts.s3;
  return {
    encryption: s3?.tier ? tiers[s3.tier] : 'not known',
    'plain HTTP': s3?.plainHttp ?? 'not known',
    'SSE-C': s3?.ssec ?? 'not known',
    region: s3?.region ?? dash,
  };
}

const isBad = ({ name }: { readonly name?: string | undefined }): boolean => name !== 'good' && name !== 'good-again' && name !== 'bare';
/** `accepted 4 of 6`: of the bad servers of which something is known. */
function clientCells(views: readonly View<'client'>[]): SubjectSummary['cells'] {
  const client = views[0]?.facts.client;
  const known = (client?.cases ?? []).filter((one) => isBad(one) && one.accepted !== undefined);
  return {
    protocol: client?.protocol ?? dash,
    'bad servers': known.length > 0 ? `accepted ${known.filter(({ accepted }) => accepted).length} of ${known.length}` : 'not known',
    'good server': client?.baseline === undefined ? 'not known' : client.baseline ? 'accepted' : 'not accepted',
  };
}
