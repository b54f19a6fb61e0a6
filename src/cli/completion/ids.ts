import { readFileSync } from 'node:fs';
import { packed } from '../../util/package-root.ts';
import type { Catalogue } from '../../model/catalogue.ts';
import type { Ids } from './complete.ts';

/** Ids for a shell that waits: out of the JSON of the build, because loading the rules themselves takes four times as long as Node. Only built-in ones: a checkout has no say here. */
export const ids: Ids = {
  rules: async () => {
    const file = packed('rules.json');
    if (!file) return (await fromSources()).rules.map(({ rule: { info } }) => ({ value: info.id, about: info.title }));
    const { rules }: { readonly rules: readonly { readonly file: { readonly id: string; readonly title: string } }[] } = JSON.parse(readFileSync(file, 'utf8'));
    return rules.map(({ file: { id, title } }) => ({ value: id, about: title }));
  },
  frameworks: async () => (await catalogue()).frameworks.map(({ id, name }) => ({ value: id, about: name })),
  controls: async () =>
    (await catalogue()).frameworks.flatMap(({ id: framework, controls }) => controls.map(({ id, title }) => ({ framework, value: id, about: title }))),
};
async function catalogue(): Promise<Pick<Catalogue, 'frameworks'>> {
  const file = packed('catalogue.json');
  return file ? JSON.parse(readFileSync(file, 'utf8')) : (await fromSources()).catalogue;
}
const fromSources = async (): Promise<Awaited<ReturnType<typeof import('../knowledge.ts').knowledge>>> => (await import('../knowledge.ts')).knowledge([]);
