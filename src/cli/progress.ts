import { clean } from '../util/text.ts';
import type { Runtime } from './runtime.ts';

/** What a long scan shows while it runs. */
export interface Progress {
  readonly update: (done: number, total: number, what: string) => void;
  readonly stop: () => void;
}
const interval = 100; // ms between two redraws

/** One line on stderr that is drawn over and over; on a terminal only, and never in CI: a log keeps every frame. */
export function progress({ stderr, env }: Pick<Runtime, 'stderr' | 'env'>, quiet: boolean): Progress {
  if (!stderr.isTTY || quiet || env['CI'] || env['TERM'] === 'dumb') return { update: () => {}, stop: () => {} };
  let last = 0;
  const draw = (text: string): void => void stderr.write(`\r\u001b[2K${text}`);
  return {
    update: (done, total, what) => {
      const now = performance.now();
      if (now - last < interval && done < total) return;
      last = now;
      const head = `${done}/${total} `;
      draw(head + clean(what).slice(0, Math.max(0, stderr.columns - head.length - 1)));
    },
    stop: () => draw(''),
  };
}
