import { undeclared } from '../../facts/declared.ts';
import type { Target } from '../../model/target.ts';
import { closest } from '../../util/suggest.ts';
import { arn, aws, type NamedAws } from './aws.ts';
import { endpoint, schemes, type NamedEndpoint } from './endpoint.ts';
import { TargetError } from './error.ts';

const supported =
  'supported now: a host, host:port, https://, tls://, postgres://, mysql://, redis://, smtp://, imap://, pop3://, ldap://, aws: (or aws:s3,rds,kms@region), arn:aws:…';
/** Schemes of later parts; `tlsFirst` speak TLS from the first byte, which tls:// can audit today. */
const later: ReadonlySet<string> = new Set(
  'mssql sqlserver mongodb ftp amqp mqtt kafka ssh rdp vnc xmpp nats grpc ws tf cfn k8s vault gcp azure pcap code'.split(' '),
);
const tlsFirst: ReadonlySet<string> = new Set('ftps amqps mqtts grpcs wss'.split(' '));
const maxLength = 2048;

/**
 * One text → one target, of which nothing is declared yet. `host` is https on 443; `host:port` is what its well-known port says, else TLS alone.
 * `http://` is refused: it names a port that is not meant to speak TLS, and calling that a failure would be wrong where it only redirects.
 * Credentials, path and query are dropped. Throws TargetError.
 */
export function parseTarget(text: string): Target {
  try {
    return { ...named(text.trim()), declared: undeclared, tags: [] };
  } catch (error) {
    throw error instanceof TargetError ? new TargetError(error.what, text) : error;
  }
}
function named(text: string): NamedEndpoint | NamedAws {
  if (text === '') throw new TargetError('empty');
  if (text.length > maxLength) throw new TargetError(`longer than ${maxLength} characters`);
  if (/[\s\p{Cc}]/u.test(text)) throw new TargetError('has a space or a control character in it');
  if (text.startsWith('-')) throw new TargetError('starts with a hyphen, like an option');
  if (text.startsWith('@')) throw new TargetError('a file of targets is not allowed here');
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]{0,31}):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme !== undefined) return byScheme(scheme.toLowerCase(), rest);
  if (text.includes('://')) throw new TargetError(`no scheme before ://; ${supported}`);
  if (/^aws:/i.test(text)) return aws(text.slice(4));
  if (/^arn:/i.test(text)) return arn(text);
  if (text === 'aws' || text === 's3') throw new TargetError(`did you mean "aws:${text === 's3' ? 's3' : ''}"? A host of this name is https://${text}`);
  const word = /^([a-z0-9]+):(?!\d)/i.exec(text)?.[1]?.toLowerCase();
  if (word !== undefined && schemes.has(word) && !text.includes('@')) throw new TargetError(`did you mean "${word}://"?`);
  if (word !== undefined && later.has(word) && !text.includes('@')) throw new TargetError(`${word}: is not supported yet; ${supported}`);
  return endpoint(text);
}
function byScheme(scheme: string, rest: string): NamedEndpoint {
  if (schemes.has(scheme)) return endpoint(rest, scheme);
  if (scheme === 'http')
    throw new TargetError(
      'http:// names a port without TLS; give the https:// one, whose redirect from port 80 is audited with it (httpPort: for another port)',
    );
  if (tlsFirst.has(scheme))
    throw new TargetError(`${scheme}:// is not supported yet, but tls://host:port audits a port that speaks TLS from the start; ${supported}`);
  if (later.has(scheme)) throw new TargetError(`${scheme}:// is not supported yet; ${supported}`);
  throw new TargetError(`unknown scheme ${scheme}://${closest(scheme.replace(/\+.*/, ''), [...schemes.keys(), ...later, ...tlsFirst])}; ${supported}`);
}
