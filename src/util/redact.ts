/** Takes credentials out of free text: whatever stands between the scheme and the last @ of a URL. Linear in the text. */
export const redact = (text: string): string => text.replace(/\S+/g, (word) => withoutUser(word, word.indexOf('://')));

/** The same for a target, where a name and a secret need no scheme; query and fragment go too, for they carry tokens. */
export function redactTarget(text: string): string {
  if (/^(?:aws|arn):/i.test(text) && !text.includes('://')) return text;
  const mark = text.indexOf('://');
  return (mark < 0 ? text.slice(text.lastIndexOf('@') + 1) : withoutUser(text, mark)).replace(/[?#].*$/s, '');
}
function withoutUser(word: string, mark: number): string {
  const end = word.lastIndexOf('@');
  return mark >= 0 && end > mark ? word.slice(0, mark + 3) + word.slice(end + 1) : word;
}
