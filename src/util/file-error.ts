/** Everything that is wrong with a file of the user's, one `file:line:column: what` a line. It quotes keys, never the file's lines. */
export class FileError extends Error {
  override name = 'FileError';
}
