import type { Certificate } from '../../facts/certificate.ts';
import type { FactsByKind } from '../../facts/index.ts';
import type { DeepPartial, Evidence, View } from '../../model/observation.ts';
import type { ScanResult, SubjectResult } from '../../model/result.ts';
import { byCodeUnit, clean } from '../../util/text.ts';
import { shellQuote } from '../../util/shell.ts';
import { groupBy } from '../../util/group.ts';
import { gapText } from '../words.ts';
import { fact, hang, type Look } from './layout.ts';

type Endpoint = DeepPartial<FactsByKind['endpoint']>;
type Bucket = DeepPartial<FactsByKind['s3-bucket']>;
type Command = DeepPartial<FactsByKind['client']>;
type Rds = DeepPartial<FactsByKind['rds-instance' | 'rds-cluster' | 'rds-snapshot']>;
type Named = readonly [name: string, text: string];
const list = (words: readonly (string | undefined)[], none = ''): string =>
  words
    .filter((word) => word !== undefined)
    .map(clean)
    .join(', ') || none;
const when = (time: string | undefined): string => clean(time ?? 'unknown').slice(0, 10);

const mostNames = 8; // of authorities: a server that lists its whole store names a hundred
/** What was observed of a subject, an address at a time; what is not there was not observed, and a gap says why. */
export function* subjectFacts({ views }: SubjectResult, look: Look): Iterable<string> {
  for (const { address, facts, drift, gaps } of views) {
    if (address !== undefined) yield* hang(2, `at ${clean(address)}`, look.width, look.bold);
    const all: readonly Named[] = [
      ...declared(facts.declared),
      ...endpoint(facts),
      ...bucket(facts),
      ...client(facts),
      ...database(facts),
      ...(drift.length > 0 ? [['drift', `origins differ on ${list(drift)}`] as const] : []),
      ...[...groupBy(gaps, gapText)].map(([text, alike]) => ['not seen', `${list(alike.map(({ path }) => path))}: ${text}`] as const),
    ];
    for (const [name, text] of all) yield* fact(4, name, text, look);
  }
}
const declared = (facts: View['facts']['declared']): readonly Named[] => {
  const said = Object.entries(facts ?? {}).filter(([, value]) => value !== 'unspecified' && value !== 0 && !(Array.isArray(value) && value.length === 0));
  return said.length > 0
    ? [
        [
          'declared',
          list(said.toSorted(([a], [b]) => byCodeUnit(a, b)).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' and ') : String(value)}`)),
        ],
      ]
    : [];
};

function endpoint({ tls, certificate, verify, clientAuth, http, plaintext }: Endpoint): readonly Named[] {
  const versions = tls?.versions ?? [];
  const named = (accepted: boolean | undefined): string => list(versions.filter((one) => one.accepted === accepted).map(({ name }) => name));
  return [
    ...(tls?.offered === false ? [['TLS', 'not offered: the port answers in plain text'] as const] : []),
    ...(versions.length > 0 ? [['versions', answers(named(true), named(false), named(undefined))] as const] : []),
    ...(tls?.negotiated ?? []).map(({ version, suite, group }, i) => [i === 0 ? 'negotiated' : '', list([version, suite, group])] as const),
    ...weakSuites(tls?.weakSuites ?? []),
    ...(tls?.suites ? [['suites', list(tls.suites.map(({ name }) => name))] as const] : []),
    ...(clientAuth?.mode
      ? [
          [
            'client cert',
            `${clientAuth.mode}${clientAuth.caNames?.length ? `, of ${list(clientAuth.caNames.slice(0, mostNames))}${clientAuth.caNames.length > mostNames ? ` and ${clientAuth.caNames.length - mostNames} more` : ''}` : ''}`,
          ] as const,
        ]
      : []),
    ...verifying(verify),
    ...(certificate?.chain ?? []).map((one, i) => [i === 0 ? 'chain' : '', certificateLine(one)] as const),
    ...chainNotes(certificate),
    ...web(http),
    ...withoutTls(plaintext),
  ];
}
/** What a client meets that does not start TLS. */
function withoutTls({ sessions, login, methods = [], clearPassword }: NonNullable<Endpoint['plaintext']> = {}): readonly Named[] {
  const told = sessions ?? (login && `login ${login}`) ?? (methods.length > 0 ? 'the login begins' : undefined);
  if (told === undefined) return [];
  return [['without TLS', `${told.replace('-', ', ')}${methods.length > 0 ? `: ${list(methods)}` : ''}${clearPassword ? ', readable' : ''}`]];
}
const answers = (yes: string, no: string, none: string): string =>
  [yes && `accepts ${yes}`, no && `refuses ${no}`, none && `no answer to ${none}`].filter((part) => part !== '').join('; ');

function weakSuites(tried: NonNullable<NonNullable<Endpoint['tls']>['weakSuites']>): readonly Named[] {
  if (tried.length === 0) return [];
  const name = ({ family, version, suite }: (typeof tried)[number]): string => `${family} in ${version}${suite ? ` (${suite})` : ''}`;
  const [yes, no, none] = [true, false, undefined].map((accepted) => tried.filter((one) => one.accepted === accepted));
  return [['weak suites', answers(list(yes?.map(name) ?? []), no?.length ? `${no.length} offers` : '', list(none?.map(name) ?? []))]];
}

const checks = [
  ['trusted', 'trust'],
  ['nameMatches', 'name'],
  ['datesValid', 'dates'],
  ['purposeValid', 'purpose'],
  ['constraintsValid', 'constraints'],
  ['signaturesValid', 'signature'],
] as const;
function verifying(verify: Endpoint['verify']): readonly Named[] {
  if (!verify) return [];
  const wrong = checks.filter(([field]) => verify[field] === false).map(([, word]) => word);
  const unseen = checks.filter(([field]) => verify[field] === undefined).map(([, word]) => word);
  const accepted =
    verify.accepted === undefined ? 'not known whether a strict client accepts' : verify.accepted ? 'a strict client accepts' : 'a strict client refuses';
  const parts = [
    `${accepted}${wrong.length > 0 ? `: ${list(wrong)}` : ''}`,
    ...(unseen.length > 0 ? [`not checked: ${list(unseen)}`] : []),
    ...(verify.anchor ? [`${verify.anchor} root`] : []),
    ...(verify.trustProblem && verify.trustProblem !== 'none' ? [verify.trustProblem] : []),
    ...(verify.missed?.length ? [`a client that does not verify would miss: ${list(verify.missed)}`] : []),
  ];
  return [['verifying', parts.join('; ')]];
}

/** One line a certificate: place, subject, issuer, key, signature, dates. */
function certificateLine(one: DeepPartial<Certificate>): string {
  const key = [one.keyType, one.curve ?? (one.keyBits === undefined ? undefined : String(one.keyBits))].filter((part) => part !== undefined).join(' ');
  return [
    `${one.position ?? '?'} ${one.role ?? 'certificate'} ${clean(one.subject ?? 'without a readable subject') || '(no subject)'}`,
    ...(one.selfSigned ? ['self-signed'] : one.issuer === undefined ? [] : [`from ${clean(one.issuer)}`]),
    ...(one.sanDns?.length ? [`for ${names(one.sanDns)}`] : []),
    ...(key === '' ? [] : [clean(key)]),
    ...(one.signatureAlgorithm === undefined ? [] : [clean(one.signatureAlgorithm)]),
    `${when(one.notBefore)} to ${when(one.notAfter)}`,
  ].join('; ');
}
const names = (all: readonly (string | undefined)[]): string => list(all.slice(0, 3)) + (all.length > 3 ? ` and ${all.length - 3} more` : '');
function chainNotes(certificate: Endpoint['certificate']): readonly Named[] {
  const notes = [
    ...(certificate?.inOrder === false ? ['not in order'] : []),
    ...(certificate?.surplus?.length ? [`not needed: ${list(certificate.surplus.map(String))}`] : []),
    ...(certificate?.stapled === undefined ? [] : [certificate.stapled ? 'OCSP response stapled' : 'no OCSP response stapled']),
  ];
  return notes.length > 0 ? [['', notes.join('; ')]] : [];
}
function web(http: Endpoint['http']): readonly Named[] {
  if (!http) return [];
  const { spoken, status, hsts, cleartext, cleartextPort, cleartextStatus, cleartextLocation } = http;
  const parts = [
    ...(spoken === false ? ['not spoken'] : []),
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(hsts?.present === false ? ['no HSTS'] : []),
    ...(hsts?.present
      ? [`HSTS max-age ${hsts.maxAge ?? 'unknown'}${hsts.includeSubDomains ? ', includeSubDomains' : ''}${hsts.preload ? ', preload' : ''}`]
      : []),
    ...(cleartext
      ? [
          `HTTP ${cleartextPort ? `on port ${cleartextPort}` : 'beside it'} ${cleartext}${cleartextStatus ? ` (${cleartextStatus}${cleartextLocation ? ` to ${clean(cleartextLocation)}` : ''})` : ''}`,
        ]
      : []),
  ];
  return parts.length > 0 ? [['HTTP', parts.join('; ')]] : [];
}

function client({ client: seen }: Command): readonly Named[] {
  if (!seen) return [];
  const { offers, sends, production } = seen;
  const offered = [
    ...(offers?.versions ? [list(offers.versions)] : []),
    ...(offers?.hybridGroup === undefined ? [] : [offers.hybridGroup ? 'a hybrid group' : 'no hybrid group']),
    ...(offers?.sni === undefined ? [] : [offers.sni ? 'the name of the server' : 'no name of the server']),
  ];
  const sent = [...(sends?.secretToUnverified ? ['a secret'] : []), ...(sends?.clientCertificateToUnverified ? ['its client certificate'] : [])];
  return [
    ...(offered.length > 0 ? [['offers', offered.join('; ')] as const] : []),
    ...(sent.length > 0 ? [['gave away', `${sent.join(' and ')} to a server that it should have refused`] as const] : []),
    ...(production === false ? [['production', 'said not to be'] as const] : []),
  ];
}

function bucket({ s3 }: Bucket): readonly Named[] {
  if (!s3) return [];
  const { region, tier, keyNamed, keyId, bucketKey, ssec, plainHttp, plainHttpWitness } = s3;
  const rest = [
    ...(tier ? [`default encryption ${tier}`] : []),
    ...(keyId ? [`key ${clean(keyId)}`] : keyNamed ? [`key named: ${keyNamed}`] : []),
    ...(bucketKey === undefined ? [] : [bucketKey ? 'bucket key' : 'no bucket key']),
    ...(ssec ? [`customer-provided keys ${ssec}`] : []),
  ];
  return [
    ...(region ? [['region', clean(region)] as const] : []),
    ...(rest.length > 0 ? [['at rest', rest.join('; ')] as const] : []),
    ...(plainHttp ? [['plain HTTP', `${plainHttp}${plainHttpWitness ? `: ${clean(plainHttpWitness)}` : ''}`] as const] : []),
  ];
}

/** The fields say what they are; each is there only where it was seen. */
function database({ rds }: Rds): readonly Named[] {
  return Object.entries(rds ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? list(value.map(String), 'none') : clean(String(value))] as const],
  );
}

/** The records that findings and gaps of a subject refer to, each with the command that shows it again. */
export function* subjectEvidence({ id, views }: SubjectResult, { findings, evidence }: ScanResult, look: Look): Iterable<string> {
  const own = findings.filter(({ subject }) => subject === id);
  const wanted = new Set([
    ...own.flatMap((one) => [...one.evidence, ...one.items.flatMap((item) => item.evidence)]),
    ...views.flatMap(({ gaps }) => gaps.flatMap((gap) => gap.evidence)),
  ]);
  const records = [...wanted].flatMap((key) => evidence[key] ?? []).toSorted((a, b) => byCodeUnit(a.at, b.at) || byCodeUnit(a.id, b.id));
  if (records.length > 0) yield* hang(2, 'evidence', look.width, look.bold);
  for (const record of records) yield* oneRecord(record, look);
}
function* oneRecord({ id, by, at, sent, received, requestId, raw, reproduce }: Evidence, look: Look): Iterable<string> {
  const parts = [
    `${clean(id)} by ${clean(by)} at ${clean(at)}`,
    ...(sent === undefined ? [] : [`sent ${short(sent)}`]),
    ...(received === undefined ? [] : [`received ${short(received)}`]),
    ...(requestId === undefined ? [] : [`request ${clean(requestId)}`]),
    ...(raw ? [`${raw.bytes} bytes, sha256 ${clean(raw.sha256).slice(0, 16)}…`] : []),
  ];
  yield* hang(4, parts.join('; '), look.width);
  if (reproduce && reproduce.length > 0) yield* command(reproduce, look);
}
/** Of bytes their first ones and how many they are: the JSON report holds them whole. */
const short = (text: string): string =>
  text.length > 80 && /^(?:[0-9a-f]{2})+$/.test(text) ? `${text.slice(0, 32)}… (${text.length / 2} bytes)` : clean(text);
/** Broken only between words, with a backslash: the lines can be copied into a shell as they stand. */
function* command(argv: readonly string[], { width, cyan }: Look): Iterable<string> {
  const room = width - 8;
  let line = '';
  for (const word of argv.map((one) => shellQuote([clean(one)]))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      yield `      ${cyan(`${line} \\`)}\n`;
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  yield `      ${cyan(line)}\n`;
}
