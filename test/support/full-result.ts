import { createHash } from 'node:crypto';
import type { Certificate } from '../../src/facts/certificate.ts';
import { undeclared } from '../../src/facts/declared.ts';
import type { FactsByKind } from '../../src/facts/index.ts';
import type { TlsVersion } from '../../src/facts/tls.ts';
import { score } from '../../src/judge/score.ts';
import type { ControlEdge, Finding, Item } from '../../src/model/finding.ts';
import type { Evidence, EvidenceId, Gap, Population, SubjectId } from '../../src/model/observation.ts';
import type { Control, ControlState, FrameworkResult, ScanResult, ScopeTarget, SubjectResult } from '../../src/model/result.ts';
import type { RuleInfo, Severity } from '../../src/model/rule.ts';
import { evidence } from '../../src/util/evidence.ts';
import { endpointId } from '../../src/util/subject-id.ts';

/** What a server might put into its certificate, so that a terminal, a CI runner, a browser or a spreadsheet obeys. */
export const hostileText = [
  'CN=\u001b[31mred\u001b[0m\u001b]0;title\u0007',
  '\u202Emoc.live\u202C',
  '\n::error file=a.ts::pwned',
  '\r\n##vso[task.setvariable variable=x]y',
  '##[error]boom',
  '| cell | <script>alert(1)</script>',
  '=cmd()',
  '`code` $(id) [x](javascript:alert(1)) @team {0} ]]>',
  '\u009b31m\ufffe\ud800 例え.テスト 😀',
].join(' ');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pci = (id: string, strength: ControlEdge['strength'] = 'direct'): ControlEdge => ({ framework: 'pci-dss-4.0.1', id, strength });
const hipaa = (id: string, strength: ControlEdge['strength'] = 'direct'): ControlEdge => ({ framework: 'hipaa-security-rule', id, strength });

type Known = Pick<RuleInfo, 'title' | 'severity' | 'subject' | 'family' | 'why' | 'remediation'> &
  Partial<RuleInfo> & { readonly edges: readonly ControlEdge[] };
const known: Readonly<Record<string, Known>> = {
  'tls/offered': {
    title: 'The port speaks TLS',
    severity: 'critical',
    subject: 'endpoint',
    family: 'http-cleartext',
    why: 'Whoever listens on the path reads, and can change, all that goes through this port.',
    remediation: 'Switch TLS on for this listener, or take the port off the list of TLS targets if it should not be one.',
    references: ['https://www.rfc-editor.org/rfc/rfc9325#section-3.2'],
    cwe: ['CWE-319'],
    edges: [pci('4.2.1'), hipaa('164.312(e)(1)'), hipaa('164.312(e)(2)(ii)')],
  },
  'tls/no-legacy-versions': {
    title: 'SSL 2 and 3, TLS 1.0 and 1.1 are switched off',
    severity: 'high',
    subject: 'endpoint',
    family: 'tls-legacy-version',
    why: 'Protocols before TLS 1.2 rest on MD5 and SHA-1 and are open to known attacks.',
    remediation: "Set the listener's minimum protocol version to TLS 1.2. Old clients need an update first.",
    snippets: { nginx: 'ssl_protocols TLSv1.2 TLSv1.3;' },
    references: ['https://www.rfc-editor.org/rfc/rfc8996'],
    cwe: ['CWE-326'],
    edges: [pci('4.2.1'), pci('12.3.3', 'supporting'), hipaa('164.312(e)(1)')],
  },
  'tls/no-weak-suites': {
    title: 'No weak cipher suite is accepted',
    severity: 'high',
    subject: 'endpoint',
    family: 'tls-weak-cipher',
    why: 'A listener on the path can break, or impersonate, the weakest suite that both sides accept.',
    remediation: 'Offer only AEAD suites with ephemeral key exchange.',
    references: ['https://www.rfc-editor.org/rfc/rfc9325'],
    cwe: ['CWE-327'],
    edges: [pci('4.2.1'), hipaa('164.312(e)(2)(ii)')],
  },
  'tls/tls13-offered': {
    title: 'TLS 1.3 is offered',
    severity: 'info',
    subject: 'endpoint',
    family: 'tls-hygiene',
    why: 'TLS 1.3 has no weak suites left to choose.',
    remediation: 'Offer TLS 1.3 beside TLS 1.2.',
    edges: [],
  },
  'cert/not-expiring-soon': {
    title: 'The certificate is not due for renewal',
    severity: 'medium',
    subject: 'endpoint',
    family: 'cert-expiring',
    why: 'A certificate that runs out stops every client that verifies.',
    remediation: 'Renew the certificate, and let a machine do it from now on.',
    references: ['https://www.rfc-editor.org/rfc/rfc8555'],
    edges: [pci('4.2.1.1', 'supporting')],
  },
  'cert/trusted': {
    title: 'The chain leads to a root of this scan',
    severity: 'high',
    subject: 'endpoint',
    family: 'cert-untrusted',
    why: 'A client that cannot verify the chain either refuses the server or takes any server.',
    remediation: 'Get the certificate from an authority that the clients trust, or declare the private one with `trust.ca`.',
    cwe: ['CWE-295'],
    edges: [pci('4.2.1'), hipaa('164.312(e)(1)')],
  },
  'http/hsts': {
    title: 'Strict-Transport-Security is set for at least half a year',
    severity: 'low',
    subject: 'endpoint',
    family: 'hsts-missing',
    why: 'Without it the first request of each visit can go out in clear.',
    remediation: 'Send Strict-Transport-Security: max-age=31536000 on every HTTPS answer.',
    edges: [pci('4.2.1', 'supporting')],
  },
  's3/denies-plain-http': {
    title: 'The bucket policy denies requests without TLS',
    severity: 'high',
    subject: 's3-bucket',
    family: 'deny-non-https',
    why: 'A client could choose plain text.',
    remediation: 'Add a statement to the bucket policy that denies s3:* where aws:SecureTransport is false.',
    cwe: ['CWE-319'],
    edges: [pci('4.2.1'), hipaa('164.312(e)(1)')],
  },
  's3/declared-tier': {
    title: 'Default encryption is of the declared tier',
    severity: 'medium',
    subject: 's3-bucket',
    family: 'policy-expectation',
    why: 'The configuration asks for more than the bucket gives.',
    remediation: 'Set the default encryption of the bucket to the declared tier.',
    edges: [],
  },
  'acme/owner-tag': {
    title: 'A rule of the user’s own',
    severity: 'low',
    subject: 's3-bucket',
    family: 'policy-expectation',
    builtIn: false,
    why: 'We want to know whom to ask.',
    remediation: 'Tag it.',
    edges: [],
  },
};
const rules: Readonly<Record<string, RuleInfo>> = Object.fromEntries(
  Object.entries(known).map(([id, { edges: _edges, ...rest }]) => [id, { id, builtIn: true, snippets: {}, references: [], cwe: [], reads: [], ...rest }]),
);

const at = (second: number): string => `2026-11-25T12:00:${String(second).padStart(2, '0')}Z`;
const records: Evidence[] = [];
function record(one: Omit<Evidence, 'id'>): EvidenceId {
  const made = evidence(one);
  if (!records.some(({ id }) => id === made.id)) records.push(made);
  return made.id;
}
const hello = (address: string, host: string, flag: string, received: string, second = 1): EvidenceId =>
  record({
    paths: ['tls.versions'],
    by: 'tls-versions',
    at: at(second),
    sent: `ClientHello ${flag}`,
    received,
    raw: { sha256: sha256(`${address}${flag}`), bytes: 7 },
    reproduce: ['openssl', 's_client', '-connect', `${address}:443`, flag, '-cipher', 'ALL:@SECLEVEL=0', '-servername', host],
  });

interface Said {
  readonly verdict?: 'fail' | 'unknown';
  readonly severity?: Severity;
  readonly addresses?: readonly string[];
  readonly items?: readonly Item[];
  readonly evidence?: readonly EvidenceId[];
  readonly because?: readonly Gap[];
  readonly baseline?: NonNullable<Finding['baseline']>;
  readonly waiver?: NonNullable<Finding['waiver']>;
}
const finding = (rule: string, subject: SubjectId, message: string, said: Said = {}): Finding => ({
  rule,
  subject,
  verdict: 'fail',
  severity: known[rule]?.severity ?? 'high',
  message,
  items: [],
  evidence: [],
  because: [],
  fingerprint: sha256(JSON.stringify([rule, subject])).slice(0, 32),
  controls: known[rule]?.edges ?? [],
  ...said,
});
const gap = (path: string, code: Gap['code'], by: string, detail: string, tries = 1, seen: readonly EvidenceId[] = []): Gap => ({
  path,
  code,
  by,
  detail,
  tries,
  evidence: seen,
});

type Tls = NonNullable<FactsByKind['endpoint']['tls']>;
const versions = (accepted: readonly TlsVersion[], silent: readonly TlsVersion[] = []): NonNullable<Tls['versions']> =>
  (['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((name) =>
    silent.includes(name) ? { name } : { name, accepted: accepted.includes(name) },
  );
const families = (accepted: Readonly<Record<string, string>>): NonNullable<Tls['weakSuites']> =>
  (['null', 'anon', 'export', 'rc4', 'des', '3des'] as const).map((family) => {
    const suite = accepted[family];
    return { family, version: 'TLSv1.2' as const, accepted: suite !== undefined, ...(suite !== undefined && { suite }) };
  });
const certificate = (position: number, subject: string, issuer: string, changes: Partial<Certificate> = {}): Certificate => ({
  position,
  sha256: sha256(subject + issuer),
  subject,
  issuer,
  serial: '01',
  role: position === 0 ? 'leaf' : 'intermediate',
  selfSigned: false,
  notBefore: '2026-09-05T00:00:00Z',
  notAfter: '2026-12-04T00:00:00Z',
  keyType: 'ec',
  keyBits: 256,
  curve: 'prime256v1',
  signatureAlgorithm: 'ecdsa-with-SHA256',
  signatureHash: 'sha256',
  ...changes,
});
const { curve: _noCurve, ...intermediate } = certificate(1, 'C=XX, O=Example Trust, CN=Example Issuing CA 7', 'C=XX, O=Example Trust, CN=Example Root X1', {
  keyType: 'rsa',
  keyBits: 4096,

  notAfter: '2030-01-01T00:00:00Z',
});
const chain = (leaf: Certificate): Certificate[] => [leaf, intermediate];
const sound = {
  accepted: true,
  trusted: true,
  nameMatches: true,
  datesValid: true,
  purposeValid: true,
  constraintsValid: true,
  signaturesValid: true,
  missed: [],
  anchor: 'public' as const,
  trustProblem: 'none' as const,
};
const pays = { ...undeclared, data: ['pci' as const], network: 'open' as const };

const ids = {
  pay: 'endpoint://pay.example.com:443',
  six: endpointId('2001:db8::10', 8443),
  slow: 'endpoint://slow.example.com:443',
  plain: 'endpoint://plain.example.com:443',
  hostile: 'endpoint://hostile.example.com:443',
  api: 'endpoint://api.example.com:443',
  cards: 'arn:aws:s3:::acme-card-data',
  logs: 'arn:aws:s3:::acme-logs',
  site: 'arn:aws:s3:::acme-site',
  account: 'aws://111122223333/eu-west-1/s3',
  closed: 'aws://111122223333/eu-central-1/s3',
} as const satisfies Readonly<Record<string, SubjectId>>;

const silence = gap('tls.versions', 'timeout', 'tls-versions', 'no answer within 5000 ms', 3, [
  hello('198.51.100.7', 'slow.example.com', '-tls1_2', 'nothing within 5000 ms', 4),
]);
const restless = gap('tls.weakSuites', 'reset', 'tls-suites', 'connection reset after 40 hellos (try --delay 200)', 3);
const unproved = gap('s3.plainHttp', 'unprovable', 's3:GetBucketPolicy', 'a Deny statement with a condition that is not understood');
const denied = gap('s3', 'access-denied', 's3:ListBuckets', 'AccessDenied', 1, [
  record({
    paths: ['s3'],
    by: 's3:ListBuckets',
    at: at(9),
    received: 'AccessDenied',
    requestId: 'REQ0000000001',
    reproduce: ['aws', 's3api', 'list-buckets', '--region', 'eu-central-1'],
  }),
]);
const old = hello('192.0.2.11', 'pay.example.com', '-tls1', 'ServerHello, version TLSv1');
const policy = record({
  paths: ['s3.plainHttp'],
  by: 's3:GetBucketPolicy',
  at: at(8),
  received: 'NoSuchBucketPolicy',
  requestId: 'REQ0000000002',
  reproduce: ['aws', 's3api', 'get-bucket-policy', '--bucket', 'acme-card-data'],
});
const cert = record({
  paths: ['certificate.chain'],
  by: 'certificate-chain',
  at: at(5),
  received: `Certificate, subject ${hostileText}`,
  raw: { sha256: sha256('hostile'), bytes: 912 },
  reproduce: ['openssl', 's_client', '-connect', 'hostile.example.com:443', '-showcerts', '-servername', "hostile'.example.com $(id)"],
});

const findings: readonly Finding[] = [
  finding('tls/no-legacy-versions', ids.pay, 'accepts TLSv1 (at 192.0.2.11); accepts TLSv1.1 (at 192.0.2.11)', {
    addresses: ['192.0.2.11'],
    items: [
      { verdict: 'fail', key: 'TLSv1', message: 'accepts TLSv1', evidence: [old], addresses: ['192.0.2.11'] },
      { verdict: 'fail', key: 'TLSv1.1', message: 'accepts TLSv1.1', evidence: [old], addresses: ['192.0.2.11'] },
    ],
    evidence: [old],
    baseline: 'worse',
  }),
  finding('cert/not-expiring-soon', ids.pay, 'leaf CN=pay.example.com expires in 9 days (2026-12-04)', { baseline: 'known' }),
  finding('tls/no-weak-suites', ids.pay, 'not decided: connection reset after 40 hellos (try --delay 200)', {
    verdict: 'unknown',
    items: [{ verdict: 'unknown', key: 'rc4 TLSv1.2', message: 'no answer', evidence: [] }],
    because: [restless],
  }),
  finding('tls/offered', ids.plain, 'answers in plain text where TLS is expected', {
    baseline: 'new',
    evidence: [record({ paths: ['tls.offered'], by: 'tls-versions', at: at(3), sent: 'ClientHello TLSv1.2', received: 'HTTP/1.1 400 Bad Request' })],
  }),
  finding('cert/trusted', ids.hostile, `does not verify: ${hostileText}`, {
    evidence: [cert],
    baseline: 'new',
    items: [{ verdict: 'fail', key: hostileText, message: hostileText, evidence: [cert] }],
  }),
  finding('tls/no-weak-suites', ids.hostile, 'accepts TLS_RSA_WITH_3DES_EDE_CBC_SHA in TLSv1.2', {
    baseline: 'new',
    items: [{ verdict: 'fail', key: '3des TLSv1.2', message: 'accepts TLS_RSA_WITH_3DES_EDE_CBC_SHA in TLSv1.2', evidence: [] }],
  }),
  finding('http/hsts', ids.hostile, 'no Strict-Transport-Security header'),
  finding('tls/tls13-offered', ids.hostile, 'TLS 1.3 is not accepted'),
  ...['tls/offered', 'tls/no-legacy-versions', 'tls/no-weak-suites', 'cert/trusted'].map((rule) =>
    finding(rule, ids.slow, 'not decided: no answer within 5000 ms', { verdict: 'unknown', because: [silence] }),
  ),
  finding('s3/denies-plain-http', ids.cards, 'accepts GetObject over plain HTTP from anyone the policy allows', {
    evidence: [policy],
    baseline: 'known',
    waiver: {
      id: 'W-012',
      covers: 'fail',
      type: 'compensating-control',
      owner: 'team-pay@example.com',
      reason: 'Reached through a VPC endpoint only until the old batch client is gone.',
      expires: '2027-02-22T00:00:00Z',
    },
  }),
  finding('s3/declared-tier', ids.cards, 'sse-s3, where sse-kms is declared', { severity: 'medium' }),
  finding('s3/denies-plain-http', ids.logs, 'not decided: a Deny statement with a condition that is not understood', {
    verdict: 'unknown',
    because: [unproved],
    waiver: {
      id: 'W-013',
      covers: 'unknown',
      type: 'risk-acceptance',
      owner: 'ops@example.com',
      reason: 'Read by hand: it denies.',
      expires: '2026-12-31T00:00:00Z',
    },
  }),
  finding('acme/owner-tag', ids.logs, 'has no owner', { severity: 'low' }),
];

const subject = (
  id: SubjectId,
  kind: SubjectResult['kind'],
  label: string,
  cells: Readonly<Record<string, string>>,
  views: SubjectResult['views'],
  skipped: readonly string[] = [],
): SubjectResult => {
  const own = findings.filter((one) => one.subject === id);
  const notApplicable = [...skipped];
  const worst = (['critical', 'high', 'medium', 'low', 'info'] as const).find((severity) =>
    own.some((one) => one.verdict === 'fail' && !one.waiver && one.severity === severity),
  );
  return {
    id,
    kind,
    ...(kind === 's3-bucket' && { target: ids.account }),
    summary: { label, cells, ...(worst !== undefined && { worst }), unknowns: own.filter(({ verdict, waiver }) => verdict === 'unknown' && !waiver).length },
    passed: Object.keys(rules).filter((rule) => rules[rule]?.subject === kind && !notApplicable.includes(rule) && !own.some((one) => one.rule === rule)),
    notApplicable,
    views,
  };
};
const overTls = Object.keys(rules).filter((id) => rules[id]?.subject === 'endpoint' && id !== 'tls/offered');
const payLeaf = certificate(0, 'CN=pay.example.com', 'C=XX, O=Example Trust, CN=Example Issuing CA 7', {
  sanDns: ['pay.example.com', 'www.pay.example.com'],
  dueInDays: 18,
  lifetimeDays: 91,
});
const subjects: readonly SubjectResult[] = [
  subject(ids.cards, 's3-bucket', 'acme-card-data', { region: 'eu-west-1', 'at rest': 'sse-s3', 'plain HTTP': 'allowed' }, [
    {
      facts: {
        declared: { ...pays, minTier: 'sse-kms' },
        s3: {
          region: 'eu-west-1',
          tier: 'sse-s3',
          keyNamed: 'none',
          bucketKey: false,
          ssec: 'allowed',
          plainHttp: 'allowed',
          plainHttpWitness: 's3:GetObject by * over plain HTTP',
        },
      },
      drift: [],
      gaps: [],
    },
  ]),
  subject(
    ids.logs,
    's3-bucket',
    'acme-logs',
    { region: 'eu-west-1', 'at rest': 'sse-kms', 'plain HTTP': '' },
    [
      {
        facts: { declared: undeclared, s3: { region: 'eu-west-1', tier: 'sse-kms', keyNamed: 'alias', keyId: 'alias/logs', bucketKey: true } },
        drift: [],
        gaps: [unproved],
      },
    ],
    ['s3/declared-tier'],
  ),
  subject(
    ids.site,
    's3-bucket',
    'acme-site',
    { region: 'us-east-1', 'at rest': 'sse-s3', 'plain HTTP': 'denied' },
    [
      {
        facts: { declared: undeclared, s3: { region: 'us-east-1', tier: 'sse-s3', keyNamed: 'none', bucketKey: true, ssec: 'blocked', plainHttp: 'denied' } },
        drift: [],
        gaps: [],
      },
    ],
    ['s3/declared-tier'],
  ),
  subject(
    ids.six,
    'endpoint',
    '[2001:db8::10]:8443',
    { TLS: '1.3', certificate: '41 days left, private CA' },
    [
      {
        address: '2001:db8::10',
        facts: {
          declared: { ...undeclared, mtls: 'required', minTls: 'TLSv1.3' },
          tls: {
            offered: true,
            versions: versions(['TLSv1.3']),
            negotiated: [{ version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384', group: 'X25519MLKEM768' }],
          },
          certificate: {
            chain: [
              certificate(0, 'CN=db.internal', 'O=Acme, CN=Acme Internal CA', {
                keyType: 'ed25519',

                signatureAlgorithm: 'Ed25519',
                notAfter: '2027-01-05T00:00:00Z',
              }),
            ],
            inOrder: true,
            surplus: [],
          },
          verify: { ...sound, anchor: 'private' },
          clientAuth: { mode: 'required', caNames: ['O=Acme, CN=Acme Client CA'] },
          http: { spoken: false },
        },
        drift: ['declared.minTls'],
        gaps: [],
      },
    ],
    ['http/hsts'],
  ),
  subject(ids.api, 'endpoint', 'api.example.com:443', { TLS: '1.2 1.3', certificate: '212 days left, trusted' }, [
    {
      address: '192.0.2.20',
      facts: {
        declared: undeclared,
        tls: {
          offered: true,
          versions: versions(['TLSv1.2', 'TLSv1.3']),
          negotiated: [
            { version: 'TLSv1.2', suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', group: 'x25519' },
            { version: 'TLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', group: 'x25519' },
          ],
          weakSuites: families({}),
        },
        certificate: {
          chain: chain(certificate(0, 'CN=api.example.com', 'C=XX, O=Example Trust, CN=Example Issuing CA 7', { notAfter: '2027-06-25T00:00:00Z' })),
          stapled: true,
          inOrder: true,
          surplus: [],
        },
        verify: sound,
        clientAuth: { mode: 'not-requested', caNames: [] },
        http: {
          spoken: true,
          status: 200,
          hsts: { present: true, maxAge: 31_536_000, includeSubDomains: true, preload: false },
          cleartext: 'redirects',
          cleartextPort: 80,
          cleartextStatus: 301,
          cleartextLocation: 'https://api.example.com/',
        },
      },
      drift: [],
      gaps: [],
    },
  ]),
  subject(ids.hostile, 'endpoint', 'hostile.example.com:443', { TLS: '1.2', certificate: `untrusted: ${hostileText.slice(0, 60)}` }, [
    {
      address: '203.0.113.66',
      facts: {
        declared: undeclared,
        tls: {
          offered: true,
          versions: versions(['TLSv1.2']),
          negotiated: [{ version: 'TLSv1.2', suite: 'TLS_RSA_WITH_AES_128_CBC_SHA' }],
          weakSuites: families({ '3des': 'TLS_RSA_WITH_3DES_EDE_CBC_SHA' }),
        },
        certificate: {
          chain: [
            certificate(0, hostileText, hostileText, {
              selfSigned: true,
              sanDns: [hostileText],
              keyType: 'rsa',
              keyBits: 1024,
              signatureAlgorithm: 'sha1WithRSAEncryption',
              signatureHash: 'sha1',
            }),
          ].map((one) => ({ ...one, curve: 'none' })),
          inOrder: true,
          surplus: [],
        },
        verify: { ...sound, accepted: false, trusted: false, nameMatches: false, missed: ['trust', 'name'], trustProblem: 'self-signed-leaf' },
        clientAuth: { mode: 'requested', caNames: [hostileText] },
        http: {
          spoken: true,
          status: 302,
          hsts: { present: false, maxAge: 0 },
          cleartext: 'redirects-elsewhere',
          cleartextStatus: 302,
          cleartextLocation: `http://evil.example/${hostileText}`,
        },
      },
      drift: [],
      gaps: [],
    },
  ]),
  subject(
    ids.pay,
    'endpoint',
    'pay.example.com:443',
    { TLS: '1.0 1.1 1.2 1.3', certificate: '9 days left, trusted' },
    ['192.0.2.10', '192.0.2.11'].map((address) => ({
      address,
      facts: {
        declared: pays,
        tls: {
          offered: true,
          versions: versions(
            address.endsWith('11') ? ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] : ['TLSv1.2', 'TLSv1.3'],
            address.endsWith('10') ? ['SSLv3'] : [],
          ),
          negotiated: [{ version: 'TLSv1.3' as const, suite: 'TLS_AES_128_GCM_SHA256', group: 'x25519' }],
        },
        certificate: { chain: chain(payLeaf), stapled: false, inOrder: true, surplus: [] },
        verify: sound,
        clientAuth: { mode: 'not-requested' as const, caNames: [] },
        http: {
          spoken: true,
          status: 200,
          hsts: { present: true, maxAge: 31_536_000, includeSubDomains: false, preload: false },
          cleartext: 'redirects' as const,
          cleartextStatus: 308,
          cleartextLocation: 'https://pay.example.com/',
        },
      },
      drift: [],
      gaps: [restless],
    })),
  ),
  subject(
    ids.plain,
    'endpoint',
    'plain.example.com:443',
    { TLS: 'plain text', certificate: '' },
    [{ address: '192.0.2.30', facts: { declared: { ...undeclared, data: ['phi'] }, tls: { offered: false } }, drift: [], gaps: [] }],
    overTls,
  ),
  subject(
    ids.slow,
    'endpoint',
    'slow.example.com:443',
    { TLS: '', certificate: '' },
    [
      {
        address: '198.51.100.7',
        facts: { declared: undeclared },
        drift: [],
        gaps: [silence, gap('certificate.chain', 'not-attempted', 'certificate-chain', 'no version was accepted')],
      },
    ],
    ['tls/tls13-offered', 'cert/not-expiring-soon', 'http/hsts'],
  ),
];

const control = (framework: string, id: string, title: string, state: ControlState, changes: Partial<Control> = {}): Control => ({
  framework,
  id,
  title,
  text: `${title}, in our own words.`,
  obligation: 'required',
  domain: 'transit',
  automation: state === 'manual' ? 'none' : 'partial',
  canSee: 'What the wire and the API show.',
  cannotSee: 'Whether the process around it exists.',
  askFor: 'The written procedure.',
  url: 'https://www.pcisecuritystandards.org/document_library/',
  state,
  partial: state === 'no-failure-found',
  findings: findings.filter(({ controls }) => controls.some((edge) => edge.framework === framework && edge.id === id)).map(({ fingerprint }) => fingerprint),
  rules: Object.keys(known).filter((rule) => known[rule]?.edges.some((edge) => edge.framework === framework && edge.id === id)),
  ...changes,
});
const card = 'pci-dss-4.0.1';
const health = 'hipaa-security-rule';
const controls: readonly Control[] = [
  control(card, '2.2.5', 'Insecure services justified and hardened', 'at-risk'),
  control(card, '3.5.1', 'Stored account numbers unreadable', 'not-assessed', { domain: 'rest', why: 'supporting evidence only' }),
  control(card, '3.7.4', 'Keys change at the end of their cryptoperiod', 'not-applicable', { domain: 'keys' }),
  control(card, '4.2.1', 'Strong cryptography over open networks', 'failed', { customizedApproach: 'excluded' }),
  control(card, '4.2.1.1', 'Inventory of trusted keys and certificates', 'no-failure-found', { domain: 'inventory' }),
  control(card, '8.3.2', 'Authentication factors unreadable', 'failed-waived', { why: 'W-012' }),
  control(card, '12.3.3', 'Suites and protocols reviewed', 'incomplete', { domain: 'inventory', obligation: 'future-dated-in-force' }),
  control(card, '12.5.2', 'Scope confirmed every year', 'manual', { domain: 'process', why: 'A tool cannot see who decided on the scope.' }),
  control(health, '164.308(a)(8)', 'Periodic evaluation', 'manual', { domain: 'process', why: 'A scan is evidence, not an evaluation.' }),
  control(health, '164.312(a)(2)(iv)', 'Encryption and decryption at rest', 'no-failure-found', { domain: 'rest', obligation: 'addressable' }),
  control(health, '164.312(e)(1)', 'Transmission security', 'failed'),
  control(health, '164.312(e)(2)(ii)', 'Encryption in transit', 'incomplete', { obligation: 'addressable' }),
];
const states = (framework: string): FrameworkResult['states'] => {
  const count = (state: ControlState): number => controls.filter((one) => one.framework === framework && one.state === state).length;
  return {
    failed: count('failed'),
    'failed-waived': count('failed-waived'),
    'at-risk': count('at-risk'),
    incomplete: count('incomplete'),
    'no-failure-found': count('no-failure-found'),
    'not-applicable': count('not-applicable'),
    'not-assessed': count('not-assessed'),
    manual: count('manual'),
  };
};
const framework = (id: string, name: string, version: string): FrameworkResult => ({
  id,
  name,
  version,
  status: 'in force',
  url: 'https://www.example.com/',
  chosen: true,
  states: states(id),
  partial: controls.filter((one) => one.framework === id && one.partial).length,
});
const targets: readonly ScopeTarget[] = [
  ...[ids.six, ids.api, ids.hostile, ids.pay, ids.plain].map((id, i) => ({
    id,
    label: id.slice('endpoint://'.length),
    tags: [],
    owner: 'team-pay',
    declaredAt: { file: 'encaudit.yaml', line: 4 + i, column: 5 },
  })),
  { id: ids.slow, label: 'slow.example.com', tags: ['legacy'] },
  { id: ids.account, label: 'aws:s3@eu-west-1', tags: [], declaredAt: { file: 'audit/aws targets.yaml', line: 12, column: 3 } },
];
const populations: readonly Population[] = [
  { scope: ids.closed, kind: 's3-bucket', state: 'failed', gap: denied },
  { scope: ids.account, kind: 's3-bucket', state: 'complete', count: 3 },
];

/** One of everything that a result can hold. Typed, so that it follows the model; the golden files of all reporters are made from it. */
export const fullResult = (changes: Partial<ScanResult> = {}): ScanResult => ({
  schemaVersion: 1,
  tool: { name: 'encaudit', version: '0.1.0', node: '20.20.2', openssl: '3.0.19' },
  ruleset: { version: '0.1.0', sha256: sha256('rules') },
  policySource: 'checkout',
  overrides: [{ rule: 'tls/no-forward-secrecy', from: 'medium', to: 'off', owner: 'ops@example.com', reason: 'The appliance is replaced in January.' }],
  scope: { sha256: sha256('scope'), targets, excluded: [{ id: 'endpoint://old.example.com:443', reason: 'switched off on 2026-11-01' }] },
  identity: {
    accounts: [{ account: '111122223333', arn: 'arn:aws:sts::111122223333:assumed-role/audit/session' }],
    ci: { provider: 'github', repository: 'acme/shop', run: '77', commit: '0123456789abcdef0123456789abcdef01234567' },
  },
  trust: [{ source: 'node', version: '20.20.2', count: 146, sha256: sha256('roots') }],
  judgedAt: '2026-11-25T12:00:12Z',
  observedFrom: at(0),
  observedTo: '2026-11-25T12:00:11.800Z',
  rules,
  populations,
  subjects,
  evidence: Object.fromEntries(records.map((one) => [one.id, one])),
  findings,
  score: score(findings, {
    family: (rule) => known[rule]?.family ?? rule,
    domain: (rule) => (rule.startsWith('cert/') ? 'certificates' : rule.startsWith('s3/') ? 'rest' : 'transit'),
    sensitive: (id) => id === ids.pay || id === ids.cards || id === ids.plain,
    judged: ['transit', 'certificates', 'rest'],
    switchedOff: [],
  }),
  frameworks: [
    framework(health, 'HIPAA Security Rule (45 CFR part 164 subpart C)', '2003 rule as last amended in 2013 (78 FR 5566)'),
    framework(card, 'Payment Card Industry Data Security Standard', '4.0.1'),
  ],
  controls,
  waivers: { expired: ['W-003'], expiring: ['W-013'], unused: ['W-020'], overMatching: [{ id: 'W-030', matches: 14, allowed: 5 }] },
  baseline: {
    known: 2,
    new: 3,
    worse: 1,
    fixed: [{ fingerprint: 'f00d', rule: 'http/hsts', subject: ids.api, verdict: 'fail', severity: 'low', items: [], firstSeen: '2026-10-01T00:00:00Z' }],
    sameScope: false,
    sameRuleset: false,
  },
  gate: { exit: 1, reasons: ['1 critical and 3 high findings ≥ --fail-on high', '5 unknowns from 2 causes > --max-unknown 0'] },
  ...changes,
});
