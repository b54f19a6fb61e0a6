import { isIP } from 'node:net';
import * as z from 'zod';
import { Declared } from '../facts/declared.ts';
import { Protocol } from '../facts/service.ts';
import { canonicalHost } from '../observe/targets/endpoint.ts';

const text = z.string().trim().min(1).max(1000);
const path = z.string().min(1).max(4096);
const pattern = z.string().regex(/^[^\s]{1,2048}$/, 'must be a name or an ARN without spaces');
const port = z.int().min(1).max(65_535);
const { data, network, role, mtls, minTier, certDays, cryptoperiodDays } = Declared.shape;
const dataWord = data.unwrap().element;
const roleWord = role.unwrap().element;
const oneOrMore = <T extends z.ZodType>(one: T, max: number): z.ZodUnion<[T, z.ZodArray<T>]> => z.union([one, z.array(one).max(max)]);
const isName = (value: string): boolean => {
  try {
    return isIP(canonicalHost(value)) === 0;
  } catch {
    return false;
  }
};

/** What may be said of a target, of a group of them, and of all of them (`defaults`). */
const details = {
  data: oneOrMore(dataWord, 5)
    .refine((words) => !Array.isArray(words) || words.length < 2 || !words.includes('none'), 'none stands alone')
    .optional()
    .describe('the kind of data that the target carries or stores'),
  network: network.unwrap().exclude(['unspecified']).optional().describe('open: reached over public networks; internal: not'),
  role: oneOrMore(roleWord, 4).optional(),
  mtls: mtls.unwrap().exclude(['unspecified']).optional().describe('must clients show a certificate?'),
  minTls: z.literal(['1.2', '1.3', 1.2, 1.3, 'TLSv1.2', 'TLSv1.3']).optional().describe('the oldest version that may be accepted'),
  minTier: minTier.unwrap().exclude(['unspecified']).optional().describe('the weakest encryption at rest that is wanted'),
  certDays: certDays.unwrap().min(1).optional().describe('renewal is due when fewer days are left'),
  cryptoperiodDays: cryptoperiodDays.unwrap().min(1).optional(),
  tags: z.array(text.max(100)).max(50).optional().describe('those of defaults, group and target add up'),
  owner: text.optional(),
};
export const Details = z.strictObject(details);
export type Details = z.infer<typeof Details>;

export const TargetObject = z.strictObject({
  target: path.optional().describe('example.com, example.com:8443, https://…, tls://…, postgres://…, smtp://…, aws:s3,kms@eu-west-1, arn:aws:s3:::bucket'),
  host: path.optional().describe('instead of target'),
  port: port.optional().describe('goes with host'),
  protocol: Protocol.optional().describe('how TLS begins on the port; else by scheme or by a well-known port'),
  servername: z.string().refine(isName, 'must be a DNS name').optional().describe('sent in the handshake and expected in the certificate'),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().describe('instead of looking the name up'),
  httpPort: port.optional().describe('where plain HTTP redirects to this endpoint; 80 for port 443'),
  profile: z
    .string()
    .regex(/^[\w.@+-]{1,100}$/)
    .optional()
    .describe('AWS profile'),
  include: z.array(pattern).min(1).max(200).optional().describe('of an AWS target only these: names or ARNs, * for any text'),
  exclude: z.array(pattern).min(1).max(200).optional().describe('and not these'),
  ...details,
});
export type TargetObject = z.infer<typeof TargetObject>;
const targetList = z.array(z.union([path, TargetObject])).max(20_000);

const Severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);
const controlPattern = /^[a-z0-9][a-z0-9.-]*:[A-Za-z0-9][\w.()/ -]*$/;
const RuleSetting = z
  .strictObject({
    severity: z.enum(['off', ...Severity.options]),
    reason: text,
    owner: text,
  })
  .describe('off, or another severity; who decided so, and why');

/** The settings that a flag or a variable can give as well. */
export const settingFields = {
  failOn: z.enum([...Severity.options, 'none']),
  minScore: z.int().min(0).max(100),
  failOnControls: z.array(z.string().regex(controlPattern, 'must be FRAMEWORK:CONTROL, such as pci-dss-4.0.1:4.2.1')).max(500),
  failOnNew: z.boolean(),
  maxUnknown: z.int().min(0).max(1_000_000),
  allowCritical: z.boolean(),
  frameworks: z.array(z.string().min(1).max(100)).max(50),
  baseline: path,
  waivers: path,
};
export const limitFields = {
  timeoutMs: z.int().min(100).max(600_000).describe('one connection or call'),
  deadlineMs: z.int().min(1000).max(86_400_000).describe('the whole scan'),
  concurrency: z.int().min(1).max(256),
  perHost: z.int().min(1).max(64).describe('connections to one host at a time'),
  delayMs: z.int().min(0).max(60_000).describe('between two connections to one host'),
};

/** encaudit.yaml, and a policy file: the same words. Data only, never code. */
export const ConfigFile = z
  .strictObject({
    ...settingFields,
    targets: targetList,
    defaults: Details.describe('holds for every target that says nothing else'),
    groups: z
      .record(z.string().regex(/^[\w.-]{1,100}$/), z.strictObject({ ...details, targets: targetList }))
      .describe('targets that share what is said of them'),
    rules: z.record(z.string(), RuleSetting).describe('rule id → off or another severity, with reason and owner'),
    limits: z.strictObject(limitFields).partial(),
    trust: z
      .strictObject({ ca: oneOrMore(path, 50).describe('PEM files'), system: z.boolean(), mozilla: z.boolean() })
      .partial()
      .describe('trust anchors; without a word those of Mozilla, as Node brings them'),
    rulesDir: oneOrMore(path, 20).describe('folders with rules of your own'),
    outputs: z
      .array(z.strictObject({ format: z.string().min(1).max(50), path }))
      .max(20)
      .describe('below the working directory, to which their paths are relative'),
  })
  .partial();
export type ConfigFile = z.infer<typeof ConfigFile>;
