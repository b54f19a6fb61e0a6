import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * What can go wrong on the way back: `slow`: the answer comes that many milliseconds later; `truncated`: half of it, then the connection breaks;
 * `endless`: it never ends; `silent`: nothing comes.
 */
export type Trouble = { readonly slow: number } | 'truncated' | 'endless' | 'silent';
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
const maxBody = 65_536;

/** The body of a request; throws where it is longer than any that these services know. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBody) throw new RangeError('too long');
  }
  return body;
}
/** The same in every run: the id of the nth call. */
export const requestIdOf = (count: number): string => createHash('sha256').update(String(count)).digest('hex').slice(0, 16).toUpperCase();

export function respond(response: ServerResponse, { status, body, headers }: Answer, trouble: Trouble | undefined): void {
  const whole = (): void => {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  };
  if (trouble === undefined) whole();
  else if (trouble === 'truncated') {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).write(body.slice(0, body.length / 2), () => response.destroy());
  } else if (trouble === 'endless') {
    response.writeHead(status, headers);
    const more = (): void => {
      while (!response.destroyed && response.write(body));
    };
    response.on('drain', more);
    more();
  } else if (trouble !== 'silent') {
    const timer = setTimeout(whole, trouble.slow);
    response.on('close', () => clearTimeout(timer));
  }
}
