/** A target as it is written into the file: its label, which holds no credentials. */
const listed = (labels: readonly string[]): string => labels.map((label) => `  - ${JSON.stringify(label)}\n`).join('');
/**
 * encaudit.yaml with a word on each setting. One that is not in force is commented out by a # at the very start of its line; a sentence has one space behind the #.
 * Without those # the file loads too: a test does so.
 */
export const configText = (labels: readonly string[]): string => `# encaudit.yaml: what \`encaudit scan\` looks at, and what it takes for a failure.
# A line whose # stands right before a key is a setting that you may switch on: take the # away. Flags and ENCAUDIT_* variables win over this file.
# \`encaudit doctor\` checks it. On a pull request the gate should come from elsewhere: --policy FILE, of the same form.

# What is looked at: only what you may test. A target is example.com, example.com:8443, tls://mail.example.com:465, aws:s3, aws:s3@eu-west-1, …
targets:${labels.length === 0 ? ' [] # for example [example.com, "example.com:8443"]' : `\n${listed(labels).trimEnd()}`}

# Targets of which the same is said, and what can be said of one.
#groups:
#  payments:
#    data: pci # pci, phi, personal, sensitive or none
#    network: open # or internal
#    targets:
#      - target: pay.example.com
#        minTls: "1.2" # the oldest version that may be accepted
#        mtls: not-required # or required
#        certDays: 30 # renewal is due when fewer days are left
#        owner: payments@example.com
#      - target: 10.0.0.5:8443
#        servername: pay.internal.example
#        tags: [internal-lb]
#      - target: aws:s3@eu-west-1
#        profile: audit # of ~/.aws/config
#        minTier: sse-kms # sse-s3, sse-kms or dsse-kms

# Holds for every target that says nothing else.
#defaults:
#  owner: platform@example.com
#  tags: [production]

# Whose controls are reported, and what untagged targets then hold: pci-dss-4.0.1 (card data), hipaa-security-rule (health data).
#frameworks: [pci-dss-4.0.1]

# The gate: fail from this severity on (critical, high, medium, low, info, none).
failOn: high
#minScore: 80
#failOnControls: ["pci-dss-4.0.1:4.2.1"]
#maxUnknown: 0 # causes of unknowns that are tolerated

# What was known before: \`encaudit baseline create result.json\` makes the file, and only what is new or worse fails then.
#baseline: .encaudit/baseline.json
#failOnNew: true
#allowCritical: false # may a baseline cover critical findings too?

# Accepted risks, each with an owner and an end; without this key, .encaudit/waivers.yaml where it exists (a policy has to name them).
#waivers: .encaudit/waivers.yaml

# A rule switched off or weighed otherwise: who says so, and why. Controls that hang on it are then not assessed.
#rules:
#  http/hsts-long-enough: { severity: off, reason: the preload list covers us, owner: web@example.com }

# Rules of your own; without this key, .encaudit/rules where it exists.
#rulesDir: .encaudit/rules

# Trust beside the roots of Mozilla, as Node brings them.
#trust:
#  ca: [corp-root.pem]
#  system: false # the bundle of this system too
#  mozilla: true

# How hard a scan works.
#limits:
#  concurrency: 32
#  perHost: 4 # connections to one host at a time
#  delayMs: 0 # between two connections to one host
#  timeoutMs: 10000 # one connection or call
#  deadlineMs: 900000 # the whole scan; what is missing then is a gap

# Reports beside the one on the terminal: sarif, junit, markdown, json.
#outputs:
#  - { format: sarif, path: encaudit.sarif }
#  - { format: json, path: encaudit.json }
`;
