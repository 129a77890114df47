/** `npm run docs:cli`: writes docs/reference/cli.md from the declarations of the commands. */
import { writeFileSync } from 'node:fs';
import { commandReferencePath, writeCommandReference } from './command-reference.ts';

writeFileSync(commandReferencePath, writeCommandReference());
