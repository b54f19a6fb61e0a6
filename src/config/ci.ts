import type { CiRun } from '../model/result.ts';
import { redact } from '../util/redact.ts';
import { clean } from '../util/text.ts';

export type Env = Readonly<Record<string, string | undefined>>;
/** The CI run that this process belongs to. `pullRequest` is absent where the provider does not tell: treat it as one. */
export interface Ci {
  readonly run: CiRun;
  readonly pullRequest?: boolean;
  readonly workspace?: string;
}
interface Provider {
  readonly name: string;
  readonly when: (env: Env) => boolean;
  readonly repository: string;
  readonly run: (env: Env) => string | undefined;
  readonly commit: string;
  readonly workspace: string;
  readonly pullRequest: (env: Env) => boolean | undefined;
}
const is =
  (key: string, ...words: readonly string[]) =>
  (env: Env): boolean =>
    words.includes((env[key] ?? '').toLowerCase());
const has =
  (...keys: readonly string[]) =>
  (env: Env): boolean =>
    keys.some((key) => (env[key] ?? '') !== '');
const number =
  (key: string) =>
  (env: Env): boolean =>
    has(key)(env) && !is(key, 'false')(env);
const get =
  (key: string) =>
  (env: Env): string | undefined =>
    env[key];
const any =
  (...tests: readonly ((env: Env) => boolean)[]) =>
  (env: Env): boolean =>
    tests.some((test) => test(env));
const url = (...parts: readonly (string | undefined)[]): string => parts.map((part) => part ?? '').join('');
const p = (
  name: string,
  when: Provider['when'],
  repository: string,
  run: Provider['run'],
  commit: string,
  workspace: string,
  pullRequest: Provider['pullRequest'],
): Provider => ({ name, when, repository, run, commit, workspace, pullRequest });

/** As each provider documents its predefined variables. A merge queue runs code that is not merged yet: it counts as a pull request. */
const providers: readonly Provider[] = [
  p(
    'github-actions',
    is('GITHUB_ACTIONS', 'true'),
    'GITHUB_REPOSITORY',
    (env) => url(env['GITHUB_SERVER_URL'], '/', env['GITHUB_REPOSITORY'], '/actions/runs/', env['GITHUB_RUN_ID']),
    'GITHUB_SHA',
    'GITHUB_WORKSPACE',
    any((env) => /^(pull_request|merge_group|issue_comment)/.test(env['GITHUB_EVENT_NAME'] ?? ''), has('GITHUB_HEAD_REF')),
  ),
  p(
    'gitlab-ci',
    has('GITLAB_CI'),
    'CI_PROJECT_PATH',
    get('CI_PIPELINE_URL'),
    'CI_COMMIT_SHA',
    'CI_PROJECT_DIR',
    any(is('CI_PIPELINE_SOURCE', 'merge_request_event', 'external_pull_request_event'), has('CI_MERGE_REQUEST_IID')),
  ),
  p(
    'azure-pipelines',
    has('TF_BUILD'),
    'BUILD_REPOSITORY_NAME',
    (env) => url(env['SYSTEM_COLLECTIONURI'], env['SYSTEM_TEAMPROJECT'], '/_build/results?buildId=', env['BUILD_BUILDID']),
    'BUILD_SOURCEVERSION',
    'BUILD_SOURCESDIRECTORY',
    any(is('BUILD_REASON', 'pullrequest'), has('SYSTEM_PULLREQUEST_PULLREQUESTID')),
  ),
  p(
    'bitbucket',
    has('BITBUCKET_BUILD_NUMBER'),
    'BITBUCKET_REPO_FULL_NAME',
    get('BITBUCKET_BUILD_NUMBER'),
    'BITBUCKET_COMMIT',
    'BITBUCKET_CLONE_DIR',
    has('BITBUCKET_PR_ID'),
  ),
  p(
    'circleci',
    is('CIRCLECI', 'true'),
    'CIRCLE_REPOSITORY_URL',
    get('CIRCLE_BUILD_URL'),
    'CIRCLE_SHA1',
    'CIRCLE_WORKING_DIRECTORY',
    has('CIRCLE_PULL_REQUEST', 'CIRCLE_PR_NUMBER'),
  ),
  p(
    'buildkite',
    is('BUILDKITE', 'true'),
    'BUILDKITE_REPO',
    get('BUILDKITE_BUILD_URL'),
    'BUILDKITE_COMMIT',
    'BUILDKITE_BUILD_CHECKOUT_PATH',
    number('BUILDKITE_PULL_REQUEST'),
  ),
  p('travis', has('TRAVIS'), 'TRAVIS_REPO_SLUG', get('TRAVIS_BUILD_WEB_URL'), 'TRAVIS_COMMIT', 'TRAVIS_BUILD_DIR', number('TRAVIS_PULL_REQUEST')),
  p('drone', has('DRONE'), 'DRONE_REPO', get('DRONE_BUILD_LINK'), 'DRONE_COMMIT_SHA', 'DRONE_WORKSPACE', has('DRONE_PULL_REQUEST')),
  p('jenkins', has('JENKINS_URL'), 'GIT_URL', get('BUILD_URL'), 'GIT_COMMIT', 'WORKSPACE', (env) => (has('CHANGE_ID', 'ghprbPullId')(env) ? true : undefined)), // only some plugins say it
];
const unknownProvider = p(
  'unknown',
  (env) => has('CI')(env) && !is('CI', 'false', '0')(env),
  '',
  () => undefined,
  '',
  '',
  () => undefined,
);

/** The CI run by its environment variables, or nothing outside CI. Values are redacted: a clone URL may hold a token. */
export function detectCi(env: Env): Ci | undefined {
  const found = [...providers, unknownProvider].find(({ when }) => when(env));
  if (!found) return undefined;
  const pullRequest = found.pullRequest(env);
  const workspace = env[found.workspace];
  return {
    run: { provider: found.name, repository: text(env[found.repository]), run: text(found.run(env)), commit: text(env[found.commit]) },
    ...(pullRequest !== undefined && { pullRequest }),
    ...(workspace !== undefined && workspace !== '' && { workspace }),
  };
}
const text = (value = ''): string => clean(redact(value)).slice(0, 500);
