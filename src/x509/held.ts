import { DerError } from './der.ts';

/** Does it hold? Or why nobody can say. */
export type Held = boolean | Unsaid;
type Unsaid = 'malformed' | 'too-large' | 'unsupported' | 'unprovable' | 'budget';

/** A failure is a failure whatever else is not known; what is not known is never a pass. */
export function all(parts: readonly Held[]): Held {
  if (parts.includes(false)) return false;
  return parts.find((part) => part !== true) ?? true;
}
/** What cannot be read is not known. */
export function held(ask: () => Held): Held {
  try {
    return ask();
  } catch (error) {
    if (error instanceof DerError) return error.code;
    throw error;
  }
}
