// After tsc: the built-in rules as JSON beside the code, because parsing YAML costs more than compiling the rules.
import { writeFileSync } from 'node:fs';
import { pack } from '../dist/judge/rules/built-in.js';

writeFileSync(new URL('../dist/rules.json', import.meta.url), pack());
