import { accessSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../model/observation.ts';
import { evidence } from '../../util/evidence.ts';
import { clean, plural } from '../../util/text.ts';
import type { Env } from './environment.ts';
import type { Mask } from './mask.ts';
import { endOf } from './process.ts';
import type { Attempt, CaseResult } from './run.ts';
import type { Met } from './server.ts';

export interface Telling {
  /** `encaudit client …` up to `--`, without the cases. */
  readonly options: readonly string[];
  readonly command: readonly string[]; // masked
  readonly mask: Mask;
  readonly showOutput: boolean;
  /** Files of the user's that clients read by themselves. */
  readonly rcFiles: readonly string[];
}

/** What was served, what each connection did, how the command ended, and how to see it again. Nothing of what was sent is in it. */
export const recordOf = ({ spec, attempts, verdict }: CaseResult, paths: readonly string[], by: string, telling: Telling): Evidence =>
  evidence({
    paths,
    by,
    at: attempts[0]?.at ?? '',
    sent: `served ${spec.words} (${spec.name})`,
    received: clean([verdict.why, ...attempts.flatMap((attempt) => attemptText(attempt, telling))].join('; ')),
    reproduce: ['encaudit', 'client', ...telling.options, '--cases', spec.name, '--', ...telling.command],
  });
function attemptText({ server, ended, environment, made }: Attempt, { mask, showOutput, rcFiles }: Telling): readonly string[] {
  const all = server.connections();
  return [
    ...(all.length === 0 ? ['no connection'] : all.slice(0, 8).map((met, i) => `connection ${i + 1}: ${metText(met)}`)),
    ...(all.length > 8 ? [`${all.length - 8} more connections`] : []),
    ...server.elsewhere().map((met, i) => `without TLS ${i + 1}: ${metText(met)}`),
    `${endOf(ended)} after ${ended.ms} ms`,
    ...(ended.outlived ? ['children outlived it, and were waited for'] : []),
    ...(ended.strays > 0 ? [`${plural(ended.strays, 'child', 'children')} left its process group and still ${ended.strays === 1 ? 'runs' : 'run'}`] : []),
    `${environment} environment`,
    ...(made.telling.length > 0 ? [`variables of yours in force: ${made.telling.join(', ')}`] : []),
    ...(rcFiles.length > 0 ? [`files of yours in force: ${rcFiles.join(', ')}`] : []),
    ...(made.removed.length > 0 ? [`not passed on: ${made.removed.join(', ')}`] : []),
    ...(showOutput ? [`stdout: ${mask(ended.stdout).trim() || 'empty'}`, `stderr: ${mask(ended.stderr).trim() || 'empty'}`] : []),
  ];
}
function metText({ stage, inside, what, secrets, alert, ended, version, openedAt, endedAt, clientCertificate }: Met): string {
  return [
    stage === 'request' ? `request ${inside ? 'inside TLS' : 'in clear'} (${what ?? 'data'})` : stage,
    ...(version === undefined ? [] : [version]),
    ...(secrets.length > 0 ? [`a secret in ${secrets.join(' and ')}`] : []),
    ...(clientCertificate ? ['with a client certificate'] : []),
    ...(alert === undefined ? [] : [`alert ${alert}`]),
    ...(ended === 'version' ? ['no version in common'] : ended === 'ours' ? ['broken off by us'] : []),
    ...(endedAt === undefined ? ['open'] : [`${Math.round(endedAt - openedAt)} ms`]),
  ].join(', ');
}

const rcNames = [
  '.curlrc',
  '.wgetrc',
  '.gitconfig',
  '.config/git/config',
  '.netrc',
  '.my.cnf',
  '.pgpass',
  '.pg_service.conf',
  '.postgresql/root.crt',
  '.npmrc',
  '.config/pip/pip.conf',
];
/** Those of the user's home that are there: a switch may stand in them, and they reach the command unchanged. */
export const rcFilesOf = ({ HOME: home }: Env): readonly string[] =>
  home === undefined
    ? []
    : rcNames.flatMap((name) => {
        try {
          accessSync(join(home, name));
          return [`~/${name}`];
        } catch {
          return [];
        }
      });
