import type { Link, Observation, Observations, Subject, SubjectId, SubjectIndex } from '../model/observation.ts';
import { groupBy } from '../util/group.ts';
import { byCodeUnit } from '../util/text.ts';
import { mergeOne } from './merge.ts';

/** A list of observations, by subject. */
export function bySubject(observations: readonly Observation[]): Observations {
  const groups = groupBy(observations, ({ subject }) => subject);
  return { subjects: new Set(observations.map(({ subject }) => subject)), of: (subject) => groups.get(subject) ?? [] };
}

/** All subjects, each merged when it is asked for: of a large scan only a few are in memory at a time. */
export interface Subjects extends SubjectIndex {
  readonly ids: readonly SubjectId[]; // in the order of code units
}
interface Known {
  readonly subject: Subject | undefined;
  readonly links: readonly Link[];
}
const kept = 64; // keys that many buckets share, and the subject that is being judged

export function subjectsOf({ subjects, of }: Observations): Subjects {
  const recent = new Map<SubjectId, Known>();
  function look(id: SubjectId): Known {
    const known = recent.get(id) ?? read(of(id));
    recent.delete(id);
    recent.set(id, known);
    const [oldest] = recent.keys();
    if (recent.size > kept && oldest !== undefined) recent.delete(oldest);
    return known;
  }
  /** Links the other way round, made when somebody first asks: one more walk over all that was seen. */
  let back: ReadonlyMap<string, ReadonlySet<SubjectId>> | undefined;
  return {
    complete: true,
    linkedFrom: (id, rel) => [...((back ??= reversed(subjects, of)).get(`${rel} ${id}`) ?? [])].sort(byCodeUnit),
    ids: [...subjects].sort(byCodeUnit),
    subject: (id) => look(id).subject,
    links: (id, rel) =>
      [
        ...new Set(
          look(id)
            .links.filter((link) => link.rel === rel)
            .map(({ to }) => to),
        ),
      ].sort(byCodeUnit),
  };
}
function reversed(subjects: Iterable<SubjectId>, of: Observations['of']): ReadonlyMap<string, ReadonlySet<SubjectId>> {
  const back = new Map<string, Set<SubjectId>>();
  for (const subject of subjects) {
    for (const { rel, to } of of(subject).flatMap(({ links }) => links)) {
      const key = `${rel} ${to}`;
      const from = back.get(key) ?? new Set();
      back.set(key, from.add(subject));
    }
  }
  return back;
}
const read = (observations: readonly Observation[]): Known => ({ subject: mergeOne(observations), links: observations.flatMap(({ links }) => links) });
