import { existsSync } from 'node:fs';

let found: URL | undefined;
/** The folder of this package, whether the code runs from src/, from dist/ or from the bundle: the nearest one above that has the built-in rules. */
export function packageRoot(): URL {
  if (found) return found;
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('rules/frameworks/', folder))) {
    const above = new URL('../', folder);
    if (above.href === folder.href) throw new TypeError('the package is not whole: no rules/frameworks above its code');
    folder = above;
  }
  return (found = folder);
}
/** A file that the build wrote and that the code may use in place of its sources; undefined where the code itself runs from its sources. */
export function packed(name: string): URL | undefined {
  const file = new URL(`dist/${name}`, packageRoot());
  return import.meta.url.startsWith(new URL('dist/', packageRoot()).href) && existsSync(file) ? file : undefined;
}
