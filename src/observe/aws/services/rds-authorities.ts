import type { Certificate, DescribeCertificatesCommandOutput } from '@aws-sdk/client-rds';
import type { RdsInstance } from '../../../facts/rds.ts';
import type { Evidence, Gap } from '../../../model/observation.ts';
import type { Outcome } from '../call.ts';
import { ask, type At } from './rds-ask.ts';
import { timeOf } from './rds-facts.ts';
import { pages } from './rds-pages.ts';

export const authorityPaths = ['rds.caValidFrom', 'rds.caValidTill'];
/** The authorities that a region lists for its server certificates, and why there may be more. */
export interface Authorities {
  readonly known: ReadonlyMap<string, Certificate>;
  readonly gap?: Gap;
  readonly evidence: readonly Evidence[];
}
/** Source: API reference, DescribeCertificates. */
export async function authorities(at: At): Promise<Authorities> {
  const { DescribeCertificatesCommand } = await import('@aws-sdk/client-rds');
  const known = new Map<string, Certificate>();
  const evidence: Evidence[] = [];
  const page = (Marker: string | undefined): Promise<Outcome<DescribeCertificatesCommandOutput>> =>
    ask(at, {
      by: 'rds:DescribeCertificates',
      paths: authorityPaths,
      argv: ['describe-certificates'],
      send: (client, options) => client.send(new DescribeCertificatesCommand({ MaxRecords: 100, ...(Marker !== undefined && { Marker }) }), options),
      show: ({ Certificates = [] }) => Certificates.map(shown).join(', ').slice(0, 1024),
    });
  for await (const one of pages(page)) {
    if (one.is === 'incomplete') return { known, gap: one.gap, evidence: [...evidence, ...(one.failure ? [one.failure.evidence] : [])] };
    evidence.push(one.evidence);
    for (const certificate of one.reply.Certificates ?? []) known.set(certificate.CertificateIdentifier ?? '', certificate);
  }
  return { known, evidence };
}
const shown = ({ CertificateIdentifier, ValidTill }: Certificate): string => `${CertificateIdentifier} till ${timeOf(ValidTill) ?? 'unknown'}`;

/** The dates of one authority; one that is not listed any more is a gap. */
export function datesOf(
  ca: string,
  { known, gap, evidence }: Authorities,
): { readonly facts: Pick<RdsInstance, 'caValidFrom' | 'caValidTill'>; readonly gaps: readonly Gap[] } {
  const certificate = known.get(ca);
  const [from, till] = [timeOf(certificate?.ValidFrom), timeOf(certificate?.ValidTill)];
  const missing = authorityPaths.filter((path) => (path === 'rds.caValidFrom' ? from : till) === undefined);
  const why: Omit<Gap, 'path'> =
    !certificate && gap
      ? gap
      : {
          code: certificate ? 'malformed' : 'not-found',
          by: 'rds:DescribeCertificates',
          detail: certificate ? 'an authority without dates' : 'the region does not list this authority',
          tries: 1,
          evidence: evidence.map(({ id }) => id),
        };
  return {
    facts: { ...(from !== undefined && { caValidFrom: from }), ...(till !== undefined && { caValidTill: till }) },
    gaps: missing.map((path) => ({ ...why, path })),
  };
}
