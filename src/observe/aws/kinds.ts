import type { Kind } from '../../facts/index.ts';
import type { AwsService } from '../../model/target.ts';

/** What each service holds. Apart from the collectors, so that naming a kind loads none of them. */
export const kindsOf: Readonly<Record<AwsService, readonly Kind[]>> = {
  s3: ['s3-bucket'],
  rds: ['rds-instance', 'rds-cluster', 'rds-snapshot'],
  kms: ['kms-key'],
};
