import { certificateChain } from './certificate-chain.ts';
import { clientAuth } from './client-auth.ts';
import type { EndpointProbe } from './context.ts';
import { httpSecurity } from './http-security.ts';
import { plaintext } from './plaintext.ts';
import { tlsWeakSuites } from './tls-weak-suites.ts';

/** Every probe but that of the versions, which runs before them. */
export const probes: readonly EndpointProbe[] = [tlsWeakSuites, clientAuth, certificateChain, httpSecurity, plaintext];
