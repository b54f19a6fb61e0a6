import type { EndpointTarget, Target } from '../../model/target.ts';
import { deadline } from '../../util/deadline.ts';
import { byCodeUnit, plural } from '../../util/text.ts';
import type { Runtime } from '../runtime.ts';
import { ok, problem, unchecked, type Check } from './check.ts';

const most = 50; // targets: a doctor is no scan
const atATime = 16;

/** One TCP connection to each address of each target; a name is looked up once, and nothing is sent. */
export async function checkTargets(targets: readonly Target[], timeoutMs: number, { signal, now }: Runtime): Promise<readonly Check[]> {
  const endpoints = targets.filter((target): target is EndpointTarget => target.is === 'endpoint');
  if (endpoints.length === 0) return [];
  const [{ reach }, { limiter }, { wayOut }] = await Promise.all([
    import('../../observe/endpoint/reach.ts'),
    import('../../util/limit.ts'),
    import('../../report/words.ts'),
  ]);
  const places = limiter({ concurrency: atATime, perHost: 2, delayMs: 0 });
  const stop = deadline(signal, undefined); // many connections listen to it
  const context = { signal: stop.signal, now, timeoutMs };
  const advice = (code: NonNullable<Awaited<ReturnType<typeof reach>>['failure']>['code']): string | undefined =>
    wayOut([{ path: '', code, by: '', detail: '', tries: 1, evidence: [] }]);
  const checks = await Promise.all(
    endpoints.slice(0, most).map(async (target): Promise<Check> => {
      const { addresses, failure } = await reach(target, places, context);
      if (failure) return problem('target', 'world', `${target.label}: ${failure.detail} (${failure.code})`, advice(failure.code));
      const lost = addresses.flatMap((one) => (one.failure ? [{ address: one.address, ...one.failure }] : []));
      const [first] = lost;
      if (!first)
        return ok(
          'target',
          `${target.label}: ${addresses.map(({ address }) => address).join(', ')} take${addresses.length === 1 ? 's' : ''} connections on port ${target.port}`,
        );
      const which = lost.map(({ address, detail, code }) => `${address}: ${detail} (${code})`).join(', ');
      const rest = lost.length < addresses.length ? `; ${plural(addresses.length - lost.length, 'other address answers', 'other addresses answer')}` : '';
      return problem('target', 'world', `${target.label}, port ${target.port}: ${which}${rest}`, advice(first.code));
    }),
  );
  stop.clear();
  const left = endpoints.length - most;
  return left > 0 ? [...checks, unchecked('target', `${plural(left, 'further target')}: only the first ${most} are tried`)] : checks;
}

/** Who stands between us and the world; never with what a proxy's URL holds of a user. */
export function checkProxies(env: Runtime['env']): readonly Check[] {
  const set = Object.keys(env).filter((name) => /^(https?|all|no)_proxy$/i.test(name) && env[name]);
  if (set.length === 0) return [];
  const shown = set.toSorted(byCodeUnit).map((name) => `${name} (${/^no_/i.test(name) ? 'exceptions' : hostOf(env[name] ?? '')})`);
  return [ok('proxy', `${shown.join(', ')}: AWS is asked through it, endpoints are connected to directly`)];
}
function hostOf(value: string): string {
  try {
    return new URL(value.includes('://') ? value : `http://${value}`).host || 'set';
  } catch {
    return 'no URL';
  }
}
