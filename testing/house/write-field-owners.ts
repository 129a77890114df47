/** `npm run docs:owners`: writes the table of owners in docs/operate/configuration-as-code.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fieldOwnersPath, writeFieldOwners } from './field-owners.ts';

writeFileSync(fieldOwnersPath, writeFieldOwners(readFileSync(fieldOwnersPath, 'utf8')));
