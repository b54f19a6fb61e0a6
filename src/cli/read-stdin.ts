import { UsageError, type Runtime } from './runtime.ts';

/** All of standard input, up to `maxBytes`. A terminal or a pipe may never end; Ctrl-C must all the same. */
export function readStdin({ stdin, signal }: Pick<Runtime, 'stdin' | 'signal'>, maxBytes: number): Promise<Buffer> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(Object.assign(new Error('stopped'), { name: 'AbortError' }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([bytesOf(stdin(), maxBytes), stopped]);
}
async function bytesOf(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new UsageError(`standard input: larger than ${maxBytes / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
