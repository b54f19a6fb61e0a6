/** IAM wildcards: `*` is any text, `?` any one character. Longer patterns than an ARN or a key can be are left undecided. */
export const longestPattern = 1280;

export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let mark = 0;
  while (from < text.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at++;
      mark = from;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++mark;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** Every text that `narrow` matches is matched by `wide`: sound, not complete (`?*` and `*?` are taken for different). */
export function globCovers(wide: string, narrow: string): boolean {
  return pairs(wide, narrow, (w, n) => w === '?' || w === n);
}
/** Some text is matched by both. */
export function globsMeet(a: string, b: string): boolean {
  const [rows, columns] = [a.length + 1, b.length + 1];
  const meets = new Uint8Array(rows * columns);
  for (let i = a.length; i >= 0; i--) {
    for (let j = b.length; j >= 0; j--) {
      const [x, y] = [a[i], b[j]];
      const next = (di: number, dj: number): boolean => meets[(i + di) * columns + j + dj] === 1;
      const one =
        i === a.length && j === b.length
          ? true
          : x === '*'
            ? next(1, 0) || (j < b.length && next(0, 1))
            : y === '*'
              ? next(0, 1) || (i < a.length && next(1, 0))
              : x !== undefined && y !== undefined && (x === '?' || y === '?' || x === y) && next(1, 1);
      meets[i * columns + j] = one ? 1 : 0;
    }
  }
  return meets[0] === 1;
}

/** Matching where the text has wildcards too: its `*` can be swallowed by a `*` alone, its `?` by `*` or `?`. */
function pairs(wide: string, narrow: string, same: (wide: string, narrow: string) => boolean): boolean {
  const columns = narrow.length + 1;
  const covers = new Uint8Array((wide.length + 1) * columns);
  for (let i = wide.length; i >= 0; i--) {
    for (let j = narrow.length; j >= 0; j--) {
      const [w, n] = [wide[i], narrow[j]];
      const next = (di: number, dj: number): boolean => covers[(i + di) * columns + j + dj] === 1;
      const one =
        w === undefined
          ? n === undefined
          : w === '*'
            ? next(1, 0) || (n !== undefined && next(0, 1))
            : n !== undefined && n !== '*' && same(w, n) && next(1, 1);
      covers[i * columns + j] = one ? 1 : 0;
    }
  }
  return covers[0] === 1;
}
