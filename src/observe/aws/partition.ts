/** The partition of a region, as its ARNs have it. Source: the SDK's partitions table (aws, aws-cn, aws-us-gov, aws-iso…, aws-eusc), 2026. */
const byPrefix: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
];
export const partitionOf = (region: string): string => byPrefix.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
