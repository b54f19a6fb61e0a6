import type { Diff, DifferenceCode } from '../model/diff.ts';
import type { Gate } from '../model/gate.ts';
import { plural } from '../util/text.ts';

/** Differences for which "nothing new" cannot be said of everything that OLD looked at. */
const blinding: Readonly<Partial<Record<DifferenceCode, string>>> = {
  order: 'NEW is older than OLD',
  interrupted: 'NEW was cut short',
  'scope-shrunk': 'the scope shrank',
  listing: 'something could not be listed',
  'rules-gone': 'rules of OLD did not run',
};

/** --fail-on-new: 1 where something fails anew or worse, unwaived and above info; 3 where nothing does but not everything was looked at again; else 0. */
export function gateOfDiff({ changes, differences, after }: Diff): Gate {
  const bad = changes.filter((one) => (one.class === 'new' || one.class === 'worse') && one.after.severity !== 'info');
  const count = (name: 'new' | 'worse'): number => bad.filter((one) => one.class === name).length;
  if (bad.length > 0) return { exit: 1, reasons: [`${plural(count('new'), 'new failure')}, ${count('worse')} worse (--fail-on-new)`] };
  const unsure = changes.filter((one) => (one.class === 'lost-sight' || one.class === 'undecided') && one.severity !== 'info').length;
  const why = [
    ...differences.flatMap(({ code }) => blinding[code] ?? []),
    ...(unsure > 0 ? [`${plural(unsure, 'verdict')} not decided any more`] : []),
    ...(after.subjects === 0 ? ['NEW has no subject'] : []),
  ];
  return why.length > 0 ? { exit: 3, reasons: [`nothing new was seen, but ${why.join(', ')}`] } : { exit: 0, reasons: ['nothing new, nothing worse'] };
}
