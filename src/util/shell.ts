/** An argv as one line for a POSIX shell: what looks plain stays so, all else stands in single quotes (POSIX.1-2024, XCU 2.2.2). */
export const shellQuote = (argv: readonly string[]): string => argv.map((word, i) => quoteWord(word, i === 0)).join(' ');

function quoteWord(word: string, command: boolean): string {
  const plain = /^[\w@+,.:/-][\w@%+=,.:/-]*$/.test(word) && !(command && word.includes('=')); // a first word with = would be an assignment
  return plain ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
