import { WeakFamily, type TlsVersion } from '../../facts/tls.ts';
import type { Subject } from '../../model/observation.ts';

type Facts = Subject<'endpoint'>['views'][number]['facts'];
type Tls = NonNullable<Facts['tls']>;
type Tried = NonNullable<Tls['versions']>[number];
type Family = NonNullable<Tls['weakSuites']>[number];
const asked: readonly TlsVersion[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** What was not tried is a member without an answer, so that a short list passes no rule; and beside each version what was chosen in it. */
export function withUntried(facts: Facts): Facts {
  const { tls } = facts;
  if (!tls) return facts;
  const versions = tls.versions && versionsOf(tls.versions, tls.negotiated ?? []);
  const weakSuites = tls.weakSuites && [...tls.weakSuites, ...familiesLeftOut(tls.versions ?? [], tls.weakSuites)];
  return { ...facts, tls: { ...tls, ...(versions && { versions }), ...(weakSuites && { weakSuites }) } };
}
function versionsOf(tried: readonly Tried[], negotiated: NonNullable<Tls['negotiated']>): readonly Tried[] {
  const left = asked.filter((name) => !tried.some((version) => version.name === name)).map((name) => ({ name }));
  return [...tried, ...left].map((version) => {
    const chosen = negotiated.find((one) => one.version === version.name)?.suite;
    return chosen === undefined ? version : { ...version, chosen };
  });
}
/** TLS 1.3 knows hardly any of the families; below it, a version that is accepted was asked for each of them or for none. */
function familiesLeftOut(tried: readonly Tried[], families: readonly Family[]): readonly Family[] {
  return tried.flatMap(({ name: version, accepted }) => {
    const open = version && accepted === true && version !== 'TLSv1.3' && !families.some((one) => one.version === version);
    return open ? WeakFamily.options.map((family) => ({ family, version })) : [];
  });
}
