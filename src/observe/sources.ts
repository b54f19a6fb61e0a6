import type { Source } from '../model/source.ts';
import { aws } from './aws/source.ts';
import { endpoint } from './endpoint/endpoint.ts';

/** The worlds that can be observed; the first that accepts a target takes it. */
export const sources: readonly Source[] = [endpoint, aws];
