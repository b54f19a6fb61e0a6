// After tsc: rules and catalogue as JSON beside the code, because parsing YAML costs more than compiling the rules.
import { writeFileSync } from 'node:fs';
import { loadCatalogue } from '../dist/judge/catalogue.js';
import { pack } from '../dist/judge/rules/built-in.js';

writeFileSync(new URL('../dist/rules.json', import.meta.url), pack());
writeFileSync(new URL('../dist/catalogue.json', import.meta.url), JSON.stringify(loadCatalogue()));
