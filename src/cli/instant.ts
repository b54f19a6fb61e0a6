import { closest } from '../util/suggest.ts';
import { UsageError } from './runtime.ts';

const day = /^(\d{4})-(\d{2})-(\d{2})$/;
const time = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;

/** `2027-01-31` (its first moment, UTC) or `2027-01-31T12:00:00Z` (RFC 3339), in one spelling. Throws UsageError with what was meant, where that can be told. */
export function instant(text: string, flag: string): string {
  const value = text.trim();
  if (!day.test(value) && !time.test(value)) throw new UsageError(`${flag}: "${text}" is no date such as 2027-01-31 or 2027-01-31T12:00:00Z${meant(value)}`);
  const at = new Date(value.replace(' ', 'T').toUpperCase());
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 || !exists(value))
    throw new UsageError(`${flag}: "${text}" names a day or a time that does not exist`);
  return at.toISOString();
}
/** JavaScript reads the 31st of February as the 3rd of March. */
function exists(value: string): boolean {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})/.exec(value)?.map(Number) ?? [];
  const at = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, date));
  return at.getUTCMonth() + 1 === month && at.getUTCDate() === date;
}
function meant(value: string): string {
  const numbers = /^(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})$/.exec(value);
  const [, y, m, d] = numbers ?? [];
  const two = (digits = ''): string => digits.padStart(2, '0');
  if (y !== undefined) return exists(`${y}-${two(m)}-${two(d)}`) ? `; did you mean "${y}-${two(m)}-${two(d)}"?` : '';
  if (/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(value)) return `; did you mean "${value.replace(' ', 'T')}Z"?`;
  return closest(value, ['today', 'now', 'tomorrow']) === '' ? '' : '; without --now it is judged as of now';
}
