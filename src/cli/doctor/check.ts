/** One line of `encaudit doctor`. `file` problems end with 2, `world` ones (unreachable, missing) with 3. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'problem' | 'not checked';
  readonly what: string;
  readonly kind?: 'file' | 'world'; // of a problem
  readonly wayOut?: string;
}
export const ok = (name: string, what: string): Check => ({ name, state: 'ok', what });
export const unchecked = (name: string, what: string, wayOut?: string): Check => ({
  name,
  state: 'not checked',
  what,
  ...(wayOut !== undefined && { wayOut }),
});
export const problem = (name: string, kind: 'file' | 'world', what: string, wayOut?: string): Check => ({
  name,
  state: 'problem',
  what,
  kind,
  ...(wayOut !== undefined && { wayOut }),
});

/** What a step gives, or the complaints about a file, one a line. Anything else that is thrown is a bug and goes on. */
export async function tried<T>(name: string, step: () => T | Promise<T>): Promise<{ readonly value: T } | { readonly checks: readonly Check[] }> {
  try {
    return { value: await step() };
  } catch (error) {
    if (error instanceof Error && ['FileError', 'UsageError', 'TargetError'].includes(error.name))
      return { checks: error.message.split('\n').map((line) => problem(name, 'file', line)) };
    throw error;
  }
}
