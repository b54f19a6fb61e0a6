import { createHash, X509Certificate } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { TrustSource } from '../../model/result.ts';
import type { Roots } from '../../model/source.ts';
import { FileError } from '../../util/file-error.ts';
import { nearFile } from '../../util/near-file.ts';
import { byCodeUnit } from '../../util/text.ts';
import { pem } from '../../x509/issue.ts';
import { pemCertificates } from '../../x509/pem.ts';

/** What a configuration or a command line says of trust, on top of Node's Mozilla roots. */
export interface TrustSettings {
  /** PEM files. */
  readonly ca: readonly string[];
  /** The system's bundle too. */
  readonly system: boolean;
  /** The roots that Node ships, unless false. */
  readonly mozilla?: boolean;
}
/** Debian and Alpine, Fedora and RHEL, SUSE, old RHEL, BSD: where Go looks for them too. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;
const maxBytes = 4 * 1024 * 1024;
const maxCertificates = 2000;

/** Loads the anchors of a scan. Throws FileError, naming the file, for one that cannot be read, is too large or holds no readable certificate. */
export function loadRoots(
  { ca, system, mozilla: publicToo = true }: TrustSettings,
  bundle = process.env['SSL_CERT_FILE'] || systemBundles.find((file) => existsSync(file)),
): Roots {
  if (system && bundle === undefined) throw new FileError(`no bundle of the system found; looked at ${systemBundles.join(', ')}`);
  const files = [...new Set([...ca, ...(system && bundle !== undefined ? [bundle] : [])])].map((file) => ({ file, ders: certificatesIn(file) }));
  if (!publicToo && files.length === 0) throw new FileError('trust: mozilla: false leaves no root at all; name some with ca or system');
  const mozilla = publicToo ? rootCertificates : [];
  return {
    mozilla,
    added: [...new Set(files.flatMap(({ ders }) => ders.map(pem)))],
    sources: [
      ...(publicToo ? [sourceOf(mozilla.flatMap(pemCertificates), 'node', process.version)] : []),
      ...files.map(({ file, ders }) => sourceOf(ders, shown(file))),
    ],
  };
}
/** Seen from the working directory, where it lies below: a report should not name a machine's folders. */
function shown(file: string): string {
  const below = relative(process.cwd(), file);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? file : below;
}
/** The fingerprint is one of the set, in whatever order the file has it. */
function sourceOf(ders: readonly Buffer[], source: string, version?: string): TrustSource {
  const sorted = [...new Set(ders.map((der) => der.toString('hex')))].sort(byCodeUnit);
  const sha256 = sorted.reduce((hash, hex) => hash.update(Buffer.from(hex, 'hex')), createHash('sha256')).digest('hex');
  return { source, ...(version !== undefined && { version }), count: sorted.length, sha256 };
}

function certificatesIn(file: string): readonly Buffer[] {
  const ders = pemCertificates(textOf(file));
  if (ders.length === 0) throw new FileError(`${file}: holds no certificate in PEM form`);
  if (ders.length > maxCertificates) throw new FileError(`${file}: more than ${maxCertificates} certificates`);
  const broken = ders.findIndex((der) => !readable(der));
  if (broken >= 0) throw new FileError(`${file}: certificate ${broken + 1} of ${ders.length} cannot be read`);
  return ders;
}
function readable(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.equals(der);
  } catch {
    return false;
  }
}
/** A device or a pipe never ends: only files are read, and only as far as their size may be. */
function textOf(file: string): string {
  const read = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new FileError(`${file}: cannot be read (${code})${code === 'ENOENT' ? nearFile(file) : ''}`);
    }
  };
  if (!read(() => statSync(file)).isFile()) throw new FileError(`${file}: not a file`);
  const handle = read(() => openSync(file, 'r'));
  try {
    if (read(() => fstatSync(handle)).size > maxBytes) throw new FileError(`${file}: larger than ${maxBytes / 1024 / 1024} MiB`);
    return read(() => readFileSync(handle, 'latin1'));
  } finally {
    closeSync(handle);
  }
}
