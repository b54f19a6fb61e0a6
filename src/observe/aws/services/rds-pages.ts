import type { Evidence, Gap } from '../../../model/observation.ts';
import { gapOf, type Outcome } from '../call.ts';

interface Page {
  readonly Marker?: string | undefined;
  readonly $metadata: object;
}
/** One page after the other; the last word says why the listing is not whole, if it is not. */
export type Listed<R> =
  | { readonly is: 'page'; readonly reply: R; readonly evidence: Evidence }
  | { readonly is: 'incomplete'; readonly gap: Gap; readonly failure?: Extract<Outcome<R>, { is: 'failure' }> };
const mostPages = 1000;

/** RDS lists a hundred records at a time, and a marker where there are more (API reference, DescribeDBInstances). */
export async function* pages<R extends Page>(ask: (marker: string | undefined) => Promise<Outcome<R>>): AsyncGenerator<Listed<R>, void> {
  let marker: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    const outcome = await ask(marker);
    if (outcome.is === 'failure') return yield { is: 'incomplete', gap: gapOf(outcome, ''), failure: outcome };
    yield { is: 'page', reply: outcome.reply, evidence: outcome.evidence };
    const { Marker } = outcome.reply;
    if (!Marker) return undefined;
    if (Marker === marker) return yield lost(outcome.evidence, 'malformed', 'the same page again');
    marker = Marker;
    if (page === mostPages) return yield lost(outcome.evidence, 'budget', `more than ${mostPages} pages`);
  }
}
const lost = ({ by, id }: Evidence, code: Gap['code'], detail: string): Extract<Listed<never>, { is: 'incomplete' }> => ({
  is: 'incomplete',
  gap: { path: '', code, by, detail, tries: 1, evidence: [id] },
});
