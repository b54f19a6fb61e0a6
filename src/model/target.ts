import type { Declared } from '../facts/declared.ts';
import type { Protocol } from '../facts/service.ts';
import type { SubjectId } from './observation.ts';

/** Where in a file something was declared; lines and columns from 1. */
export interface FileSpot {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
interface Common {
  readonly id: SubjectId; // one spelling; two targets of one id are a mistake
  readonly label: string; // as a person wrote it, without credentials
  readonly declared: Declared;
  readonly tags: readonly string[];
  readonly owner?: string;
  readonly declaredAt?: FileSpot;
}
/** A host and a port. `tls`: a port that speaks TLS first; `https`: HTTP inside it; the others: see Protocol. `ip` replaces the look-up of the name. */
export interface EndpointTarget extends Common {
  readonly is: 'endpoint';
  readonly protocol: Protocol;
  readonly name: string;
  readonly port: number;
  readonly servername?: string;
  readonly ip?: string;
  readonly httpPort?: number;
}
/** Services of one AWS account; without a region all enabled ones, without buckets all of them. */
export interface AwsTarget extends Common {
  readonly is: 'aws';
  readonly services: readonly 's3'[];
  readonly region?: string;
  readonly profile?: string;
  readonly buckets?: readonly string[];
}
export type Target = EndpointTarget | AwsTarget;
