import { pipeline, Readable, Transform } from 'node:stream';
import { field, ReplyTooLarge } from './failure.ts';

/** A page of 1,000 buckets is 200 KB, a bucket policy at most 20 KB. */
const mostBytes = 8 * 2 ** 20;

/** Cuts the body of an HTTP response that is longer than the limit: the SDK itself reads to the end, however far that is. */
export function limitBody(response: unknown, limit = mostBytes): void {
  const body = field(response, 'body');
  if (typeof response !== 'object' || response === null || !(body instanceof Readable)) return;
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      bytes += chunk.length;
      if (bytes > limit) done(new ReplyTooLarge('reply too large'));
      else done(null, chunk);
    },
  });
  pipeline(body, counted, () => {}); // an error of either side destroys both, and the reader of `counted` sees it
  Object.assign(response, { body: counted });
}
