import { bytesOf, textOf } from './text.ts';

/**
 * What a login without TLS came to. `accepted`: it is offered or taken up, by these mechanisms (names of the protocol's own); `refused`: it is
 * not; `unclear`: nobody can tell, with the reason in our words and the server's numbers. `busy` may pass.
 */
export type LoginOutcome =
  | { readonly is: 'accepted'; readonly mechanisms: readonly string[] }
  | { readonly is: 'refused' }
  | { readonly is: 'unclear'; readonly why: string; readonly busy?: true };
/** What to do now: listen, speak, or take leave with what was found out. */
export type LoginStep =
  | { readonly is: 'more' }
  | { readonly is: 'say'; readonly bytes: Uint8Array }
  | { readonly is: 'end'; readonly bye: Uint8Array; readonly outcome: LoginOutcome };
/** `first` is empty where the server speaks first; `heard` gets all bytes since our last word. */
export interface LoginDialogue {
  readonly first: Uint8Array;
  readonly heard: (bytes: Uint8Array) => LoginStep;
}
export const more: LoginStep = { is: 'more' };
export const say = (line: string): LoginStep => ({ is: 'say', bytes: bytesOf(`${line}\r\n`) });
export const unclear = (why: string, busy = false): LoginOutcome => ({ is: 'unclear', why, ...(busy && { busy }) });

/** Lines that are whole, without their ends; undefined while the last one is not. */
export function wholeLines(bytes: Uint8Array): readonly string[] | undefined {
  const text = textOf(bytes);
  return text.endsWith('\n')
    ? text
        .slice(0, -1)
        .split('\n')
        .map((line) => line.replace(/\r$/, ''))
    : undefined;
}
