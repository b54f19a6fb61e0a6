/** Regions by their prefix: the partition as ARNs have it, and where its hosts are. Source: the SDK's partitions table, 2026. */
const byPrefix: readonly (readonly [prefix: string, partition: string, domain: string])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
];
const rowOf = (region: string): (typeof byPrefix)[number] | undefined => byPrefix.find(([prefix]) => region.startsWith(prefix));
export const partitionOf = (region: string): string => rowOf(region)?.[1] ?? 'aws';
export const domainOf = (region: string): string => rowOf(region)?.[2] ?? 'amazonaws.com';
