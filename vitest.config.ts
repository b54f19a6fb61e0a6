import { defineConfig } from 'vitest/config';

/** `npm test` needs nothing but Node; `npm run test:live` brings real servers and clients (.ci/run installs them) to test/live. */
const results = process.env['ENCAUDIT_RESULTS'];
const live = process.env['ENCAUDIT_LIVE'] === '1';

export default defineConfig({
  test: {
    include: live ? ['test/live/**/*.live.test.ts'] : ['test/**/*.test.ts'],
    exclude: live ? [] : ['test/live/**'],
    ...(results ? { reporters: ['default', 'json'], outputFile: { json: results } } : {}),
    testTimeout: live ? 60_000 : 20_000,
    env: { NO_COLOR: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', AWS_EC2_METADATA_DISABLED: 'true' },
  },
});
