/**
 * `npm run docs:events`: writes the published schemas of events from the code. Fails for a change that breaks
 * receivers: a new meaning needs a new event type.
 */
import type { EventSchemaDocument } from '@pumphouse/contract';
import { readFileSync, writeFileSync } from 'node:fs';
import { emitEventSchemas, findIncompatibleChanges } from '@pumphouse/contract';

const path = new URL('../../packages/contract/released/event-schemas.json', import.meta.url);
const released = JSON.parse(readFileSync(path, 'utf8')) as EventSchemaDocument;
const current = emitEventSchemas();
const problems = findIncompatibleChanges(released, current);
if (problems.length > 0)
  throw new Error(`These changes break receivers of released events:\n${problems.join('\n')}`);
writeFileSync(path, `${JSON.stringify(current, null, 2)}\n`);
