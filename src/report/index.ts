import type { Reporter } from '../model/reporter.ts';

/** Format → its reporter, loaded when it is asked for: tables and colours cost start-up time that JSON need not pay. */
export const reporters = {
  terminal: async (): Promise<Reporter> => (await import('./terminal.ts')).terminal,
  json: async (): Promise<Reporter> => (await import('./json.ts')).json,
  sarif: async (): Promise<Reporter> => (await import('./sarif.ts')).sarif,
  junit: async (): Promise<Reporter> => (await import('./junit.ts')).junit,
  markdown: async (): Promise<Reporter> => (await import('./markdown.ts')).markdown,
} as const;
export type Format = keyof typeof reporters;
export const formats: readonly string[] = Object.keys(reporters);
