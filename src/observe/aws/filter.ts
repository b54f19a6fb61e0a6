import type { AwsTarget } from '../../model/target.ts';

/** `*` stands for any text; a pattern without a colon is one for the name behind the last colon or slash. */
export function filterOf({ include, exclude = [] }: Pick<AwsTarget, 'include' | 'exclude'>): (arn: string) => boolean {
  const [wanted, unwanted] = [include?.map(matcher), exclude.map(matcher)];
  return (arn) => (wanted === undefined || wanted.some((fits) => fits(arn))) && !unwanted.some((fits) => fits(arn));
}
function matcher(pattern: string): (arn: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  const middle = parts.slice(1, -1);
  const fits = (text: string): boolean => {
    if (parts.length === 1) return text === pattern;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const inner = text.slice(first.length, text.length - last.length);
    let at = 0;
    for (const part of middle) {
      const found = inner.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return true;
  };
  return pattern.includes(':') ? fits : (arn) => fits(arn.slice(Math.max(arn.lastIndexOf(':'), arn.lastIndexOf('/')) + 1));
}
