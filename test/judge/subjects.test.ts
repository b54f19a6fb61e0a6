import { expect, test } from 'vitest';
import { bySubject, subjectsOf } from '../../src/judge/subjects.ts';
import type { Observation, Observations, SubjectId } from '../../src/model/observation.ts';
import { accepts, declaration, seen, target } from '../support/judge-input.ts';

const [a, b] = [target('a.example'), target('b.example')];
const key: SubjectId = 'arn:aws:kms:eu-west-1:111122223333:key/k1';
const bucket = (links: Observation['links']): Observation => ({
  subject: 'arn:aws:s3:::logs',
  kind: 's3-bucket',
  origin: 'api',
  by: 's3',
  facts: { s3: { tier: 'sse-kms' } },
  evidence: [],
  gaps: [],
  links,
});

test('subjects come in the order of their ids, each whole, and one that nobody observed is none', () => {
  const index = subjectsOf(bySubject([declaration(b), seen(a.id, 'tls-versions', accepts('TLSv1.2')), seen(b.id, 'tls-versions', accepts('TLSv1.3'))]));
  expect(index.ids).toEqual([a.id, b.id]);
  expect(index.subject(b.id)?.views[0]?.facts).toMatchObject({ declared: b.declared, tls: { offered: true } });
  expect(index.subject(key)).toBeUndefined();
});
test('links are those of all observations of a subject, each once, of the relation that was asked for', () => {
  const other: SubjectId = 'arn:aws:kms:eu-west-1:111122223333:key/k0';
  const index = subjectsOf(
    bySubject([
      bucket([{ rel: 'encrypted-by', to: key }]),
      bucket([
        { rel: 'encrypted-by', to: key },
        { rel: 'encrypted-by', to: other },
        { rel: 'member-of', to: a.id },
      ]),
    ]),
  );
  expect(index.links('arn:aws:s3:::logs', 'encrypted-by')).toEqual([other, key]);
  expect(index.links(key, 'encrypted-by')).toEqual([]);
});
test('what is asked again soon is not read again, and not all that was read is kept', () => {
  const reads: SubjectId[] = [];
  const many = Array.from({ length: 200 }, (_, i) => target(`h${i}.example`));
  const all = bySubject(many.map(declaration));
  const counted: Observations = {
    subjects: all.subjects,
    of: (subject) => {
      reads.push(subject);
      return all.of(subject);
    },
  };
  const index = subjectsOf(counted);
  for (const id of index.ids) {
    index.subject(id);
    index.links(id, 'member-of');
    index.subject(a.id);
  }
  expect(reads.filter((id) => id === a.id)).toHaveLength(1);
  expect(reads).toHaveLength(201);
  index.subject(index.ids[0] ?? a.id);
  expect(reads).toHaveLength(202);
});
