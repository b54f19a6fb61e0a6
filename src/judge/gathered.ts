import type { Observation, SubjectId } from '../model/observation.ts';
import type { Recorded, Started } from '../model/recorded.ts';
import type { Seen } from '../model/source.ts';
import type { Target } from '../model/target.ts';
import { shelf } from '../util/shelf.ts';
import type { StoredInput } from './judgement.ts';

/** All that a judgement needs of the world. */
export type Gathered = Pick<
  StoredInput,
  'observations' | 'populations' | 'callers' | 'foundBy' | 'targets' | 'trust' | 'observedFrom' | 'observedTo' | 'interrupted'
>;
/** Collects what a scan tells, or what an earlier one has left. Observations are not kept in memory beyond a limit: only where they are, by subject. */
export interface Gathering {
  /** False for what comes after the end. `again` reads the observation anew, where it lies elsewhere already. */
  readonly take: (record: Recorded, again?: () => Observation) => boolean;
  readonly started: () => Started | undefined;
  /** Without an end it was cut off: then what had not been looked at is unknown. */
  readonly all: () => Gathered;
}
type End = Extract<Recorded, { readonly is: 'end' }>;

/** `lost`: what to say of a target of which no end was heard. */
export function gathering(lost: (target: Target, code: 'cancelled', detail: string) => readonly Seen[]): Gathering {
  const { keep } = shelf();
  const bySubject = new Map<SubjectId, (() => Observation)[]>();
  const foundBy = new Map<SubjectId, SubjectId>(); // a bucket → the target that led to it
  const targets: Target[] = [];
  const open = new Map<SubjectId, Target>();
  const lists: { populations: Gathered['populations'][number][]; callers: Gathered['callers'][number][]; trust: Gathered['trust'][number][] } = {
    populations: [],
    callers: [],
    trust: [],
  };
  let start: Started | undefined;
  let end: End | undefined;
  let last = '';

  function observed(target: SubjectId, observation: Observation, again: (() => Observation) | undefined): void {
    const { subject } = observation;
    const own = bySubject.get(subject);
    const read = again ?? keep(observation);
    if (own) own.push(read);
    else bySubject.set(subject, [read]);
    const before = foundBy.get(subject);
    for (const { at } of observation.evidence) if (at > last) last = at;
    if (subject !== target && (before === undefined || target < before)) foundBy.set(subject, target);
  }
  function take(record: Recorded, again?: () => Observation): void {
    if (record.is === 'start') start = record;
    else if (record.is === 'target') {
      targets.push(record.target);
      open.set(record.target.id, record.target);
    } else if (record.is === 'trust') lists.trust.push(record.trust);
    else if (record.is === 'observation') observed(record.target, record.observation, again);
    else if (record.is === 'population') lists.populations.push(record.population);
    else if (record.is === 'caller') lists.callers.push(record.caller);
    else if (record.is === 'done') open.delete(record.target);
    else end = record;
  }
  return {
    take: (record, again) => {
      if (end) return false;
      take(record, again);
      return true;
    },
    started: () => start,
    all: () => {
      for (const target of end ? [] : open.values())
        for (const seen of lost(target, 'cancelled', 'the saved observations end before it was looked at whole'))
          take(seen.is === 'observation' ? { ...seen, target: target.id } : seen);
      open.clear();
      const from = start?.observedFrom ?? '';
      return {
        observations: { subjects: [...bySubject.keys()], of: (subject) => (bySubject.get(subject) ?? []).map((read) => read()) },
        ...lists,
        foundBy,
        targets,
        observedFrom: from,
        observedTo: end?.observedTo ?? (last > from ? last : from),
        ...(end ? end.interrupted && { interrupted: end.interrupted } : { interrupted: 'cut-off' }),
      };
    },
  };
}
