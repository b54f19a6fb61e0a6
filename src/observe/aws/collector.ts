import type { Declared } from '../../facts/declared.ts';
import type { Kind } from '../../facts/index.ts';
import type { Seen, SourceContext } from '../../model/source.ts';
import type { AwsService } from '../../model/target.ts';
import type { Pace } from './rate.ts';
import type { Session } from './session.ts';

/** One read-only API call as IAM sees it, and the facts that hang on it: `kind path`. A listing, without which there is no subject, fills none. */
export interface ApiCall {
  readonly action: `${string}:${string}`;
  readonly fills: readonly `${Kind} ${string}`[];
}
export interface AwsContext extends SourceContext {
  /** Waits until one more call of this operation keeps us below a tenth of its quota. */
  readonly pace: Pace;
}
/** Where a collector looks. */
export interface Place {
  /** For a regional service the region; for a global one where its listing is asked. */
  readonly region: string;
  /** Those that were asked for; absent: all. A global service leaves out what lies elsewhere. */
  readonly regions?: readonly string[];
  /** Resources that were named instead of a listing (buckets, today). */
  readonly names?: readonly string[];
  /** What the target's filters leave; asked before a resource costs a call of its own. */
  readonly wanted: (arn: string) => boolean;
  /** What was declared of the target: a shorter cryptoperiod asks for more. */
  readonly declared?: Declared;
  /** Twelve digits, where STS answered. */
  readonly account: () => Promise<string | undefined>;
}
/** One AWS service. It yields observations as they come and one population for each of its kinds; a denied call costs only what hangs on it. */
export interface Collector {
  readonly service: AwsService;
  readonly reach: 'global' | 'regional';
  readonly kinds: readonly Kind[];
  readonly calls: readonly ApiCall[];
  observe(session: Session, place: Place, context: AwsContext): AsyncIterable<Seen>;
}
