import type { Client, ClientCase, ClientProtocol } from '../../facts/client.ts';
import type { DeepPartial, Evidence, Gap, Observation, SubjectId } from '../../model/observation.ts';
import { checked } from '../checked.ts';
import { cases, type CaseSpec, type Flaw } from './case.ts';
import { endOf } from './process.ts';
import { offersOf } from './offers.ts';
import { runOf, questionOf, type CaseResult, type TestResult } from './run.ts';
import { fellBack, insideAlone, triedTls, verdictOf, worstOf, type Verdict } from './verdict.ts';

export const by = 'client';
type Accepts = NonNullable<Client['accepts']>;
type Answer = { readonly is: boolean } | { readonly gap: Pick<Gap, 'code' | 'detail'> };

/** What is known beside the runs. */
export interface About {
  readonly subject: SubjectId;
  readonly protocol: ClientProtocol;
  /** Cases that are due: by default, or because they were asked for. Of those that did not run a gap says so. */
  readonly due: readonly ClientCase[];
  readonly interrupted?: 'deadline' | 'signal';
}

/** Runs → facts and gaps. Whatever is not decided is absent, with a gap. */
export function observationOf(result: TestResult, about: About, evidenceOf: (result: CaseResult, paths: readonly string[]) => Evidence): Observation<'client'> {
  const results = new Map(result.results.map((one) => [one.spec.name, one]));
  const records = new Map(result.results.map((one) => [one.spec.name, evidenceOf(one, pathsOf(one.spec))]));
  const answers = new Map<Flaw, Answer>();
  const due = cases.filter(({ name, flaw }) => flaw !== undefined && about.due.includes(name));
  for (const spec of due) {
    const { flaw } = spec;
    if (flaw === undefined || spec.name === 'bare' || questionOf(spec) === 'plain') continue;
    answers.set(flaw, answerOf(results.get(spec.name), result, about));
  }
  const bare = results.get('bare');
  if (bare?.verdict.is === 'accepted' && bare.verdict.by !== 'plaintext') answers.set('untrustedRoot', { is: true });
  answers.set('plaintext', plaintext(result, about, results));
  answers.set('plaintextAfterTlsFailure', afterFailure(result, about));

  const gaps: Gap[] = [];
  const accepts: { -readonly [K in keyof Accepts]?: boolean } = {};
  for (const [flaw, answer] of answers) {
    const evidence = due.filter((spec) => spec.flaw === flaw).flatMap(({ name }) => records.get(name)?.id ?? []);
    if ('is' in answer) accepts[flaw] = answer.is;
    else for (const path of pathsOf({ flaw })) gaps.push({ path, by, tries: 1, evidence, ...answer.gap });
  }
  const offers = offersOf(result.results.flatMap(({ attempts }) => attempts.flatMap(({ server }) => server.connections().flatMap(({ hello }) => hello ?? []))));
  if (!offers) gaps.push({ path: 'client.offers', by, tries: 1, evidence: [], ...notAttempted });
  const sends = sendsOf(result, about);
  for (const [path, gap] of sends.gaps) gaps.push({ path, by, tries: 1, evidence: [], ...gap });
  const facts: DeepPartial<Client> = {
    protocol: about.protocol,
    baseline: result.good.accepted,
    scope: about.due,
    accepts,
    ...chainsOf(accepts, about),
    ...(offers && { offers }),
    sends: sends.facts,
    hiddenBy: result.hiddenBy,
    cases: result.results.map((one) => lineOf(one, result)),
  };
  return checkedClient({
    subject: about.subject,
    kind: 'client',
    origin: 'wire',
    by,
    facts: { client: facts },
    evidence: [...records.values()],
    gaps,
    links: [],
  });
}
const checkedClient = (observation: Observation<'client'>): Observation<'client'> => {
  const out = checked(observation);
  return out.kind === 'client' ? out : observation;
};

const chainFlaws = { untrustedRoot: 'untrusted-root', selfSigned: 'self-signed', sameNameRoot: 'same-name-root', leafAsCa: 'leaf-as-ca' } as const;
const isChainFlaw = (flaw: Flaw | undefined): flaw is keyof typeof chainFlaws => flaw !== undefined && flaw in chainFlaws;
/** The facts that a case decides. */
const pathsOf = ({ flaw }: Pick<CaseSpec, 'flaw'>): readonly string[] =>
  flaw === undefined ? ['client.baseline'] : [`client.accepts.${flaw}`, ...(isChainFlaw(flaw) ? ['client.chains'] : [])];
function chainsOf(accepts: Accepts, { due }: About): Pick<DeepPartial<Client>, 'chains'> {
  const chains = cases.flatMap(({ name, flaw }) => {
    if (!isChainFlaw(flaw) || name === 'bare' || !due.includes(name)) return [];
    const accepted = accepts[flaw];
    return [{ served: chainFlaws[flaw], ...(accepted !== undefined && { accepted }) }];
  });
  return chains.length > 0 ? { chains } : {};
}

const notAttempted = { code: 'not-attempted', detail: 'did not connect' } as const;
const leftOut = { code: 'not-attempted', detail: 'left out of this run' } as const;
const gapOf = (verdict: Verdict & { readonly is: 'inconclusive' }, { interrupted }: About): Answer => ({
  gap: { code: verdict.code === 'cancelled' && interrupted === 'deadline' ? 'budget' : verdict.code, detail: verdict.why },
});
/** A certificate, a version, a redirect: by what came inside TLS. What came in clear is another fact. */
function answerOf(found: CaseResult | undefined, { good }: TestResult, about: About): Answer {
  if (!found) return { gap: leftOut };
  const question = questionOf(found.spec);
  const { verdict } = found;
  if (verdict.is === 'inconclusive') return gapOf(verdict, about);
  if (verdict.is === 'refused') return { is: false };
  if (verdict.by !== 'plaintext') return { is: true };
  const inside = worstOf(
    found.attempts
      .map(runOf)
      .filter(triedTls)
      .map((run) => verdictOf(question, insideAlone(run), good)),
  );
  if (inside.is === 'refused') return { is: false };
  return { gap: { code: 'unprovable', detail: 'spoke in clear, so how it verifies was not seen' } };
}
const runsOf = ({ results }: Pick<TestResult, 'results'>): readonly ReturnType<typeof runOf>[] => results.flatMap(({ attempts }) => attempts.map(runOf));
const inClear = (run: ReturnType<typeof runOf>): boolean => run.connections.some(({ stage, inside }) => stage === 'request' && !inside);

/** A session in clear anywhere says yes; the servers that have no TLS, or the good ones where there are none, say no. */
function plaintext(result: TestResult, about: About, results: ReadonlyMap<ClientCase, CaseResult>): Answer {
  if (runsOf(result).some(inClear)) return { is: true };
  if (about.due.includes('no-tls')) {
    const none = results.get('no-tls');
    if (!none) return { gap: leftOut };
    return none.verdict.is === 'inconclusive' ? gapOf(none.verdict, about) : { is: false };
  }
  return result.good.accepted ? { is: false } : { gap: unprovable };
}
const unprovable = { code: 'unprovable', detail: 'the good server was not accepted' } as const;
/** No needs a failure of TLS that was met: a bad server that was refused. */
function afterFailure(result: TestResult, about: About): Answer {
  // A plain no to the question for TLS is no failure of it
  if (result.results.some(({ spec, attempts }) => spec.name !== 'no-tls' && attempts.map(runOf).some(fellBack))) return { is: true };
  const broken = result.results.filter(({ spec }) => questionOf(spec) === 'plain' && spec.name !== 'no-tls');
  const open = broken.map(({ verdict }) => verdict).find((verdict) => verdict.is === 'inconclusive');
  if (open?.is === 'inconclusive') return gapOf(open, about);
  if (!result.good.accepted) return { gap: unprovable };
  const failed = result.results.some(
    ({ spec, verdict }) => spec.flaw !== undefined && spec.name !== 'no-tls' && questionOf(spec) !== 'redirect' && verdict.is === 'refused',
  );
  return failed ? { is: false } : { gap: { code: 'unprovable', detail: 'nothing made its TLS fail' } };
}

/** What was handed to servers that should have been refused. */
function sendsOf(
  result: TestResult,
  about: About,
): { readonly facts: NonNullable<DeepPartial<Client>['sends']>; readonly gaps: readonly (readonly [string, Pick<Gap, 'code' | 'detail'>])[] } {
  const bad = result.results.filter(({ spec }) => spec.certificate !== 'good' && spec.certificate !== 'rsa' && spec.certificate !== 'other-key');
  const everything = runsOf(result);
  const met = [
    ...bad.flatMap(({ attempts }) => attempts.flatMap((one) => runOf(one).connections)),
    ...everything.flatMap((run) => [...run.connections, ...run.elsewhere].filter(({ stage, inside }) => stage === 'request' && !inside)),
  ];
  const decided = bad.some(({ verdict }) => verdict.is !== 'inconclusive');
  const secret = met.some(({ secrets }) => secrets.length > 0);
  const asked = result.results.filter(({ spec }) => spec.name === 'mtls-wrong-name' || spec.name === 'mtls-untrusted');
  const gave = (list: readonly CaseResult[]): boolean =>
    list.some(({ attempts }) => attempts.some((one) => runOf(one).connections.some(({ clientCertificate }) => clientCertificate)));
  const good = result.results.filter(({ spec }) => spec.name === 'good');
  const handed = gave(asked);
  const knows = handed || (asked.length > 0 && gave(good) && asked.every(({ verdict }) => verdict.is !== 'inconclusive'));
  const due = about.due.some((name) => name.startsWith('mtls-'));
  return {
    facts: { ...((secret || decided) && { secretToUnverified: secret }), ...(knows && { clientCertificateToUnverified: handed }) },
    gaps: [
      ...(secret || decided ? [] : [['client.sends.secretToUnverified', unprovable] as const]),
      ...(due && !knows
        ? [['client.sends.clientCertificateToUnverified', { code: 'unprovable', detail: 'no client certificate came to the good server either' }] as const]
        : []),
    ],
  };
}

/** A line of the report. */
function lineOf({ spec, attempts, verdict }: CaseResult, { good }: TestResult): NonNullable<Client['cases']>[number] {
  const last = attempts.at(-1);
  const swallows = verdict.is === 'refused' && questionOf(spec) === 'certificate' && last?.ended.exit === 0 && good.exit === 0;
  return {
    name: spec.name,
    environment: last?.environment ?? spec.environment,
    ...(verdict.is !== 'inconclusive' && { accepted: verdict.is === 'accepted' }),
    how: swallows ? `${verdict.why}, and swallows the error` : verdict.why,
    ended: last ? endOf(last.ended) : '',
  };
}
