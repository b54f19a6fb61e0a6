import { TlsVersion, WeakFamily } from '../../facts/tls.ts';
import type { Evidence, Gap, Observation } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { pause } from '../../util/limit.ts';
import { mostSuites, randomLength, roomForSuites, versionNumber } from '../../wire/tls/hello.ts';
import { carriedBy, suiteName, suites, type Suite } from '../../wire/tls/suites.ts';
import type { Answer } from './answer.ts';
import { attempt, helloOptions, witness, type Attempt, type Question } from './attempt.ts';
import { unhurried, type EndpointContext, type EndpointProbe, type SeenFlight } from './context.ts';
import { observed } from './observed.ts';
import { sClient } from './reproduce.ts';

const id = 'tls-weak-suites';
const path = 'tls.weakSuites';
type Version = Exclude<TlsVersion, 'SSLv2'>;

/** One family in one version: what is known, or why nothing is. */
interface Member {
  readonly family: WeakFamily;
  readonly version: TlsVersion;
  readonly accepted?: boolean;
  readonly suite?: string;
  readonly gap?: Gap;
}
interface Seen {
  readonly members: readonly Member[];
  readonly evidence: readonly Evidence[];
}

/** Offers the families of bad suites in each accepted version: all together first, one by one where the answers leave a doubt. */
export const tlsWeakSuites: EndpointProbe = {
  id,
  fills: [path],
  async run(target, context) {
    const { flights, unknown = new Map<TlsVersion, Gap>() } = context.learnt;
    const ask = async (version: TlsVersion): Promise<Seen> => {
      const gap = unknown.get(version);
      if (gap) return { members: familiesOf(version).map((family) => ({ family, version, gap: { ...gap, path } })), evidence: [] };
      const flight = flights.get(version);
      if (!flight) return { members: [], evidence: [] };
      if (version === 'SSLv2') return listed(flight.flight.ssl2Suites ?? [], witness(flight, { paths: [path], by: id }));
      return await askFamilies(target, version, context);
    };
    const seen = await Promise.all(TlsVersion.options.map(ask));
    const control = await blocked(target, seen, context);
    const members = seen
      .flatMap((one) => one.members)
      .map((member) => (control?.gap && member.accepted === false && member.version !== 'SSLv2' ? doubted(member, control.gap) : member));
    return observed(target, id, { ...conclude(members), evidence: [...seen.flatMap(({ evidence }) => evidence), ...(control?.evidence ?? [])] });
  },
};

function conclude(members: readonly Member[]): Pick<Observation<'endpoint'>, 'facts' | 'gaps'> {
  const gaps = [...new Map(members.flatMap(({ gap }) => (gap ? [[JSON.stringify(gap), gap] as const] : []))).values()];
  if (members.length === 0) return { facts: {}, gaps: [{ path, code: 'not-attempted', by: id, detail: 'no version was accepted', tries: 0, evidence: [] }] };
  return { facts: { tls: { weakSuites: members.map(factOf) } }, gaps };
}

const factOf = ({ family, version, accepted, suite }: Member): Omit<Member, 'gap'> => ({
  family,
  version,
  ...(accepted !== undefined && { accepted }),
  ...(suite !== undefined && { suite }),
});

/** Bad suites that a version may carry; found once for each. */
const badSuites = (version: TlsVersion): readonly Suite[] => {
  const bad = known.get(version) ?? badOnes(version);
  known.set(version, bad);
  return bad;
};
const known = new Map<TlsVersion, readonly Suite[]>();
const badOnes = (version: TlsVersion): readonly Suite[] =>
  carriedBy(version)
    .filter(({ families }) => families.length > 0)
    .sort((a, b) => likelihood(a) - likelihood(b));
/** Static RSA with AES is what servers really have; static Diffie-Hellman and its like come last, in a hello of their own. */
const likelihood = ({ kx, cipher, families }: Suite): number => {
  if (kx === 'rsa' && (cipher === 'aes-cbc' || cipher === 'aes-gcm')) return 0;
  return families.some((family) => family !== 'no-forward-secrecy') ? 1 : 2;
};
const familiesOf = (version: TlsVersion): readonly WeakFamily[] =>
  WeakFamily.options.filter((family) => badSuites(version).some(({ families }) => families.includes(family)));

/** SSL 2: the server lists what it takes, and the client chooses. */
function listed(numbers: readonly number[], record: Evidence): Seen {
  const version = 'SSLv2';
  const members = familiesOf(version).map((family): Member => {
    if (numbers.length === 0)
      return {
        family,
        version,
        gap: { path, code: 'unprovable', by: id, detail: 'SSLv2: accepted, with no suite listed (CVE-2015-3197)', tries: 1, evidence: [record.id] },
      };
    const found = numbers.find((number) => suites.get(number)?.families.includes(family));
    return { family, version, accepted: found !== undefined, ...(found !== undefined && { suite: suiteName(found) }) };
  });
  return { members, evidence: [record] };
}

async function askFamilies(target: Endpoint, version: Version, context: EndpointContext): Promise<Seen> {
  const evidence: Evidence[] = [];
  const ask = asking(target, version, context, evidence);
  const found = new Map<WeakFamily, string>();
  const left = new Set(familiesOf(version));
  const concerned = ({ families }: Suite): boolean => families.some((family) => left.has(family));
  let queue = badSuites(version);
  let clear = true;
  while (clear && queue.length > 0) {
    const offered = queue.slice(0, mostSuites(versionNumber[version]));
    const { answer } = await ask({ suites: offered.map((suite) => suite.id) });
    if (answer.is === 'accepted') {
      const chosen = suites.get(answer.flight.suite);
      for (const family of chosen?.families ?? []) if (left.delete(family)) found.set(family, chosen?.name ?? '');
      queue = queue.filter(concerned);
    } else if (answer.is === 'refused') queue = queue.slice(offered.length);
    else clear = false;
  }
  const known = [...found].map(([family, suite]): Member => ({ family, version, accepted: true, suite }));
  const rest = clear
    ? [...left].map((family): Member => ({ family, version, accepted: false }))
    : await oneByOne(target, version, [...left], context, asking(target, version, unhurried(context), evidence));
  const byFamily = new Map([...known, ...rest].map((member) => [member.family, member]));
  return { members: familiesOf(version).flatMap((family) => byFamily.get(family) ?? []), evidence };
}

interface Control {
  readonly gap?: Gap;
  readonly evidence: readonly Evidence[];
}
/** Whoever refuses at the end what was accepted at the beginning has refused us, and not the suites. */
async function blocked(target: Endpoint, seen: readonly Seen[], context: EndpointContext): Promise<Control | undefined> {
  const refused = seen.some(({ members }) => members.some(({ accepted }) => accepted === false));
  const newest = newestFirst.find((version) => context.learnt.flights.has(version));
  if (!refused || !newest) return undefined;
  const evidence: Evidence[] = [];
  const again = (by: EndpointContext): Promise<boolean> => stillAccepted(newest, context.learnt.flights.get(newest), asking(target, newest, by, evidence));
  if ((await again(context)) || (await again(unhurried(context)))) return { evidence };
  const detail = `${newest} was refused afterwards, which had been accepted before`;
  return { evidence, gap: { path, code: 'unexpected', by: id, detail, tries: 2, evidence: evidence.map((record) => record.id) } };
}
const newestFirst: readonly Version[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'TLSv1.3'];
const doubted = ({ family, version }: Member, gap: Gap): Member => ({ family, version, gap });

interface Alone {
  readonly family: WeakFamily;
  readonly answer: Answer;
  readonly records: readonly Evidence[];
}
const asking =
  (target: Endpoint, version: Version, context: EndpointContext, evidence: Evidence[]): Ask =>
  async (question, family) => {
    const seen = await attempt(target, { version, ...question }, context);
    const record = witness(seen, { paths: [path], by: id, reproduce: sClient(target, context.protocol, version, family) });
    evidence.push(record);
    return { ...seen, record };
  };
type Ask = (question: Omit<Question, 'version'>, family?: WeakFamily) => Promise<Attempt & { readonly record: Evidence }>;

async function oneByOne(target: Endpoint, version: Version, left: readonly WeakFamily[], context: EndpointContext, ask: Ask): Promise<readonly Member[]> {
  const room = roomForSuites({ ...helloOptions(target, { version, size: 'small' }, context), random: new Uint8Array(randomLength) });
  const alone: Alone[] = [];
  for (const family of left) alone.push(await askAlone(version, family, room, context, ask));
  // Resets may be about us and not about the suites: whoever still accepts what it accepted before does not block us.
  const check = alone.some(({ answer }) => answer.is === 'doubtful') ? await stillAccepted(version, context.learnt.flights.get(version), ask) : undefined;
  return alone.map(({ family, answer, records }): Member => {
    if (answer.is === 'accepted') return { family, version, accepted: true, suite: suiteName(answer.flight.suite) };
    if (answer.is === 'refused' || (answer.is === 'doubtful' && check)) return { family, version, accepted: false };
    const { code, detail } = 'code' in answer ? answer : ({ code: 'unexpected', detail: 'plain text' } as const);
    const evidence = records.map((record) => record.id);
    return { family, version, gap: { path, code, by: id, detail: `${family} in ${version}: ${detail}`, tries: records.length, evidence } };
  });
}
/** With the suite that was accepted before, in a hello of the same size; the long one is short in SSL 3, which has no extensions. */
async function stillAccepted(version: Version, before: SeenFlight | undefined, ask: Ask): Promise<boolean> {
  const size = version === 'SSLv3' || (before !== undefined && before.sent.length >= 256) ? 'full' : 'small';
  return (await ask({ size, ...(before && { suites: [before.flight.suite] }) })).answer.is === 'accepted';
}
/** Small hellos, as many as the family needs; silence is asked twice more. The first answer that is no refusal decides. */
async function askAlone(version: Version, family: WeakFamily, room: number, context: EndpointContext, ask: Ask): Promise<Alone> {
  const numbers = badSuites(version)
    .filter(({ families }) => families.includes(family))
    .map((suite) => suite.id);
  const records: Evidence[] = [];
  let answer: Answer = { is: 'refused', about: 'anything' };
  let doubt: Answer | undefined;
  for (let at = 0; at < numbers.length && (answer.is === 'refused' || answer.is === 'doubtful'); at += room) {
    for (const wait of [0, 200, 600]) {
      if (wait > 0) await pause(wait, context.signal);
      const seen = await ask({ size: 'small', suites: numbers.slice(at, at + room) }, family);
      records.push(seen.record);
      ({ answer } = seen);
      if (!(answer.is === 'none' && answer.again && answer.code !== 'malformed')) break;
    }
    if (answer.is === 'doubtful') doubt = answer;
  }
  return { family, answer: answer.is === 'refused' && doubt ? doubt : answer, records };
}
