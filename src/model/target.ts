import type { ClientProtocol } from '../facts/client.ts';
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
export type AwsService = 's3' | 'rds' | 'kms';
/** Services of one AWS account; without regions all enabled ones, without buckets or filters all resources. */
export interface AwsTarget extends Common {
  readonly is: 'aws';
  readonly services: readonly AwsService[];
  readonly regions?: readonly string[];
  readonly profile?: string;
  /** Named instead of listed. */
  readonly buckets?: readonly string[];
  /** Patterns over ARNs, or over names where they have no colon; `*` stands for any text. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}
/** A command that is led to good and bad servers; its words are those of argv, without secrets. */
export interface ClientTarget extends Common {
  readonly is: 'client';
  readonly protocol: ClientProtocol;
  readonly command: readonly string[];
}
export type Target = EndpointTarget | AwsTarget;
/** Whatever a result is about. */
export type Judged = Target | ClientTarget;
