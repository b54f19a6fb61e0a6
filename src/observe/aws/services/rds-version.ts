/** `16.3`, `8.0.mysql_aurora.3.05.2`, `15.00.4365.2.v1` → the numbers it begins with; an Aurora MySQL version begins with that of the MySQL it speaks. */
export type Version = readonly number[];

export function versionOf(text: string): Version | undefined {
  const [start] = /^\d{1,6}(\.\d{1,6})*(?!\d)/.exec(text.trim()) ?? [];
  return start?.split('.').map(Number);
}
/** Less than, equal (0), more than; what is left out counts as 0. */
export function compare(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
export const atLeast = (version: Version, ...from: Version): boolean => compare(version, from) >= 0;
/** A release and all its patches: 11.4 and 11.4.3, not 11.5. */
export const isRelease = (version: Version, ...release: Version): boolean => release.every((number, i) => (version[i] ?? 0) === number);
