import type { ClientHandshake } from './client-handshake.ts';

/** handshake_failure (RFC 5246 7.4.6), no_certificate (SSL 3), bad_certificate (Go), certificate_required (RFC 8446 4.4.2.4). */
const missing: ReadonlySet<number> = new Set([40, 41, 42, 116]);
export const isMissingCertificate = (alert: number | undefined): boolean => alert !== undefined && missing.has(alert);
/** nginx completes the handshake whatever the client has, and says so in HTTP: https://nginx.org/en/docs/http/ngx_http_ssl_module.html (codes 495, 496). */
export const wantsCertificate = ({ answer }: Pick<ClientHandshake, 'answer'>): boolean =>
  answer !== undefined && /^HTTP\/1\.[01] 400 /.test(answer.toString('latin1')) && answer.includes('No required SSL certificate was sent');
