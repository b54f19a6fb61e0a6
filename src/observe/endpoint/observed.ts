import type { Observation } from '../../model/observation.ts';
import type { Endpoint } from '../../model/source.ts';
import { endpointId } from '../../util/subject-id.ts';

/** What one probe saw at one address. */
export const observed = (
  { name, address, port, servername }: Endpoint,
  by: string,
  seen: Pick<Observation<'endpoint'>, 'facts' | 'evidence' | 'gaps'>,
): Observation<'endpoint'> => ({
  subject: endpointId(name, port),
  kind: 'endpoint',
  origin: 'wire',
  by,
  vantage: { address, ...(servername && { servername }) },
  links: [],
  ...seen,
});
