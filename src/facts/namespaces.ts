import { FactsByKind, type Kind } from './index.ts';

/** The namespaces of a kind: `declared`, `tls`, … */
export const namespacesOf = (kind: Kind): readonly string[] => Object.keys(FactsByKind.shape[kind].shape);
