import type { AwsTarget, Target } from '../../model/target.ts';
import type { Runtime } from '../runtime.ts';
import { ok, problem, unchecked, type Check } from './check.ts';

/** Whom the SDK's chain would ask AWS as, for the default and for each profile that a target names; no value of a credential is ever in it. */
export async function checkAws(targets: readonly Target[], wanted: boolean, timeoutMs: number, { signal, now }: Runtime): Promise<readonly Check[]> {
  const own = targets.filter((target): target is AwsTarget => target.is === 'aws');
  if (own.length === 0 && !wanted) return [unchecked('aws', 'no AWS target is named', '--aws asks all the same')];
  const profiles = [...new Map(own.map(({ profile, regions }) => [profile ?? '', { profile, region: regions?.[0] }])).values()];
  const asked = profiles.length > 0 ? profiles : [{ profile: undefined, region: undefined }];
  const [{ identify }, { wayOut }] = await Promise.all([import('../../observe/aws/identity.ts'), import('../../report/words.ts')]);
  const checks = await Promise.all(
    asked.slice(0, 20).map(async ({ profile, region }): Promise<readonly Check[]> => {
      const who = { ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) };
      const { caller, failure, from = [], expires, endpoint, region: home, skewMs } = await identify(who, { signal, now, timeoutMs });
      const name = profile === undefined ? 'aws' : `aws profile ${profile}`;
      const where = `region ${home}${endpoint === undefined ? '' : ', an endpoint of the environment instead of AWS'}`;
      if (!caller)
        return [
          problem(
            name,
            'world',
            `${failure?.detail ?? 'no answer'} (${failure?.code ?? 'unexpected'} in sts:GetCallerIdentity, ${where})`,
            wayOut([{ path: '', code: failure?.code ?? 'unexpected', by: '', detail: '', tries: 1, evidence: [] }]),
          ),
        ];
      const source = from.map((one) => one.replace('CREDENTIALS_', '').toLowerCase().replaceAll('_', ' ')).join(', ');
      return [
        ok(
          name,
          `${caller.arn}, account ${caller.account}, ${where}${source === '' ? '' : `; credentials by ${source}`}${expires === undefined ? '' : ` until ${expires}`}`,
        ),
        ...(skewMs === undefined
          ? []
          : [
              problem(
                'clock',
                'world',
                `this clock is ${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? 'behind' : 'ahead of'} AWS`,
                'set it (NTP): dates of certificates are judged by it',
              ),
            ]),
      ];
    }),
  );
  return checks.flat();
}
