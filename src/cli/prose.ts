import { clean } from '../util/text.ts';

/** Text for a terminal: indented by two, broken at spaces. */
export function paragraph(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`  ${word}`);
  }
  return `${lines.join('\n')}\n`;
}
export const section = (title: string, ...parts: readonly string[]): string => `\n${title}\n${parts.join('')}`;
/** Many lines, each of them harmless: rules may come from anywhere. */
export const inert = (text: string): string => text.split('\n').map(clean).join('\n');
