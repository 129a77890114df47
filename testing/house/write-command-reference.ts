/** `npm run docs:cli`: writes docs/reference/cli.md and the schema of the apply file from the declarations of the commands. */
import { writeFileSync } from 'node:fs';
import {
  applySchemaPath,
  commandReferencePath,
  writeApplySchema,
  writeCommandReference,
} from './command-reference.ts';

writeFileSync(commandReferencePath, writeCommandReference());
writeFileSync(applySchemaPath, writeApplySchema());
