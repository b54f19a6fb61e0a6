import type { Observation, Population, SubjectId } from './observation.ts';
import type { Caller, CiRun, Interruption, ScanResult, TrustSource } from './result.ts';
import type { Limits } from './source.ts';
import type { Target } from './target.ts';

/** What is known before the first packet. `reads` are the fact paths that some rule wanted: of others nothing was asked. */
export interface Started {
  readonly is: 'start';
  readonly tool: ScanResult['tool'];
  readonly observedFrom: string;
  readonly limits: Limits & { readonly timeoutMs: number; readonly deadlineMs?: number };
  readonly reads: readonly string[];
  readonly ci?: CiRun;
}
/** What a scan gathers, in the order in which it came: all that a judgement needs of the world, and nothing that follows from it. */
export type Recorded =
  | Started
  | { readonly is: 'target'; readonly target: Target }
  | { readonly is: 'trust'; readonly trust: TrustSource }
  | { readonly is: 'observation'; readonly target: SubjectId; readonly observation: Observation } // the target that led to it
  | { readonly is: 'population'; readonly population: Population }
  | { readonly is: 'caller'; readonly caller: Caller }
  | { readonly is: 'done'; readonly target: SubjectId } // nothing more comes of it
  | { readonly is: 'end'; readonly observedTo: string; readonly interrupted?: Interruption };
