import { expect, test } from 'vitest';
import * as z from 'zod';
import { BaselineFile } from '../../src/saved/baseline.ts';

test('the published schema is the one of the reader', async () => {
  await expect(`${JSON.stringify(z.toJSONSchema(BaselineFile, { io: 'input' }))}\n`).toMatchFileSnapshot('../../schema/baseline.schema.json');
});
