import { redactTarget } from '../../util/redact.ts';
import { clean } from '../../util/text.ts';

/** A target that names nothing that can be audited. `what` never holds the text itself: it may be a line of somebody's secrets. */
export class TargetError extends Error {
  override name = 'TargetError';
  readonly what: string;
  constructor(what: string, text?: string) {
    super(text === undefined || /\s/.test(text.trim()) ? `target: ${what}` : `target "${shown(text)}": ${what}`);
    this.what = what;
  }
}
function shown(text: string): string {
  const safe = clean(redactTarget(text.trim()));
  return safe.length > 100 ? `${safe.slice(0, 100)}…` : safe;
}
