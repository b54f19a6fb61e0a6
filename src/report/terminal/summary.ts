import type { ScanResult } from '../../model/result.ts';
import { byCodeUnit, clean, plural } from '../../util/text.ts';
import {
  baselineText,
  disclaimer,
  duration,
  fixFirst,
  frameworkCounts,
  frameworkName,
  howToChoose,
  noneChosen,
  scoreText,
  seen,
  tally,
  warnings,
} from '../words.ts';
import { hang, line, tie, type Look } from './layout.ts';

/** The dot ends a line and starts none. */
const dot = `${tie}· `;

/** Which tool looked at what, with how many rules, in what time; then what a reader must know before all else. */
export function* header(result: ScanResult, look: Look): Iterable<string> {
  const { tool, rules } = result;
  const time = duration(result);
  const parts = [
    `encaudit ${clean(tool.version)}`,
    ...seen(result),
    plural(Object.keys(rules).length, 'rule'),
    ...(time === '' ? [] : [time.replace(' ', tie)]),
  ];
  yield* line(parts.join(dot), look.width, look.bold);
  for (const warning of warnings(result)) yield* listed('!', warning, look, look.yellow);
  if (look.verbose) yield* context(result, look);
  yield '\n';
}
function* listed(mark: string, text: string, look: Look, paint: Look['bold']): Iterable<string> {
  const [first = '', ...rest] = hang(4, text, look.width, paint);
  yield `  ${paint(mark)} ${first.slice(4)}`;
  yield* rest;
}
/** Under which names and roots, when, and by which rules: what makes two scans comparable. */
function* context({ identity, trust, judgedAt, observedFrom, observedTo, ruleset, scope, tool }: ScanResult, look: Look): Iterable<string> {
  const lines = [
    `observed ${clean(observedFrom)} to ${clean(observedTo)}, judged as of ${clean(judgedAt)}, with Node ${clean(tool.node)}, OpenSSL ${clean(tool.openssl)}`,
    ...identity.accounts.map(({ account, arn }) => `account ${clean(account)} as ${clean(arn)}`),
    ...(identity.ci
      ? [`in ${clean(identity.ci.provider)}, ${clean(identity.ci.repository)}, run ${clean(identity.ci.run)}, commit ${clean(identity.ci.commit)}`]
      : []),
    ...trust.map(
      ({ source, version, count, sha256 }) =>
        `trusted: ${plural(count, 'root')} of ${clean(source)}${version ? ` ${clean(version)}` : ''}, sha256 ${clean(sha256).slice(0, 16)}…`,
    ),
    `rules ${clean(ruleset.version)}, sha256 ${clean(ruleset.sha256).slice(0, 16)}…; scope sha256 ${clean(scope.sha256).slice(0, 16)}…`,
    ...scope.excluded.map(({ id, reason }) => `excluded: ${clean(id)}: ${clean(reason)}`),
  ];
  for (const one of lines) yield* hang(2, one, look.width, look.dim);
}

/** Score, what to fix first, a line a framework, exceptions and the gate. */
export function* summary(result: ScanResult, look: Look): Iterable<string> {
  const { score, findings, frameworks, gate } = result;
  const counts = tally(findings).filter((part) => !part.endsWith(' unknown'));
  yield* line([`Score ${scoreText(score, true)}`, ...(counts.length > 0 ? [counts.join(', ')] : [])].join(dot), look.width, look.bold);
  const domains = Object.entries(score.domains)
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([domain, { value, atMost, grade }]) => `${domain} ${atMost ? 'at most ' : ''}${value}${grade ? ` ${grade}` : ''}`);
  if (domains.length > 1) yield* hang(2, domains.join(' · '), look.width, look.dim);
  const first = fixFirst(result);
  if (first.length > 0)
    yield* line(
      `Fix first: ${first.map(({ family, rules, points, of }, i) => `${rules.map(clean).join(' and ') || clean(family)} (${points}${i === 0 ? ` of ${of} risk points` : ''})`).join(', ')}`,
      look.width,
    );
  for (const framework of frameworks) yield* line(`${frameworkName(framework.id)}: ${frameworkCounts(framework).replaceAll(' · ', dot)}`, look.width);
  if (noneChosen(result)) yield* hang(2, howToChoose, look.width, look.dim);
  const baseline = baselineText(result);
  if (baseline !== undefined) yield* line(`Against the baseline: ${baseline}`, look.width);
  yield* line(
    `Gate: ${gate.exit === 0 ? 'passed' : `exit ${gate.exit}`}${gate.reasons.length > 0 ? `: ${gate.reasons.map(clean).join('; ')}` : ''}`,
    look.width,
    gate.exit === 0 ? look.green : look.red,
  );
  yield `${disclaimer}\n`;
}
