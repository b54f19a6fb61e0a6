import type { Client } from '../../facts/client.ts';
import type { DeepPartial } from '../../model/observation.ts';
import type { SubjectResult } from '../../model/result.ts';
import { clean, displayWidth } from '../../util/text.ts';
import { hang, row, type Look, type Paint } from './layout.ts';

type Case = DeepPartial<NonNullable<Client['cases']>[number]>;
const isGood = ({ name }: Case): boolean => name === 'good' || name === 'good-again';

/** What each server of a client test saw, a line each, in the order in which they were tried. */
export function* clientCases({ views }: SubjectResult, look: Look): Iterable<string> {
  for (const { facts } of views) {
    const client = 'client' in facts ? facts.client : undefined;
    if (!client?.cases) continue;
    yield* hang(2, headline(client), look.width, look.dim);
    const widest = Math.max(...client.cases.map((one) => displayWidth(nameOf(one))));
    for (const one of client.cases) {
      const { mark, word, paint } = answerOf(one);
      yield* row(4, [
        { text: `${mark} ${word}`, width: 10, paint },
        { text: nameOf(one), width: widest },
        { text: `${clean(one.how ?? '')}; ${clean(one.ended ?? '')}`, width: Math.max(20, look.width - 4 - 12 - widest - 2) },
      ]);
    }
    const hidden = client.hiddenBy ?? [];
    if (hidden.length > 0)
      yield* hang(
        4,
        `! it verifies only because of ${hidden.map((name) => clean(name ?? '')).join(' and ')}: without that, it takes an unknown root`,
        look.width,
        look.yellow,
      );
  }
  function answerOf(one: Case): { readonly mark: string; readonly word: string; readonly paint: Paint } {
    if (one.accepted === undefined) return { mark: '?', word: 'open', paint: look.yellow };
    const well = one.accepted === isGood(one);
    return { mark: well ? '✓' : '✗', word: one.accepted ? 'accepted' : 'refused', paint: well ? look.green : look.red };
  }
}
const nameOf = (one: Case): string => `${clean(one.name ?? '')}${one.name !== 'bare' && one.environment === 'bare' ? ' (bare)' : ''}`;

function headline({ cases = [], baseline }: DeepPartial<Client>): string {
  const bad = cases.filter((one) => !isGood(one) && one.name !== 'bare');
  const known = bad.filter(({ accepted }) => accepted !== undefined);
  const good = baseline === true ? 'the good server was accepted before and after' : 'the good server was not accepted before and after: no refusal counts';
  return `accepted ${known.filter(({ accepted }) => accepted).length} of ${bad.length} bad servers${known.length < bad.length ? `, ${bad.length - known.length} left open` : ''}; ${good}`;
}
