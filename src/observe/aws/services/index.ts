import type { Collector } from '../collector.ts';
import { kms } from './kms.ts';
import { rds } from './rds.ts';
import { s3 } from './s3.ts';

/** Every service that can be looked at; a new one is a file beside this and a line here. */
export const collectors: readonly Collector[] = [s3, rds, kms];
