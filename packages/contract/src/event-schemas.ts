import type { JsonObject } from './json-object.ts';
import { asObject } from './json-object.ts';
import { emitOpenApi } from './openapi.ts';
import { eventSchemas } from './schemas/events/events.ts';

/** JSON Schemas of all events: that of each type is a reference into `$defs`. */
export interface EventSchemaDocument {
  $schema: string;
  events: Record<string, { $ref: string }>;
  $defs: Record<string, JsonObject>;
}

const componentPrefix = '#/components/schemas/';
const localPrefix = '#/$defs/';

/** Emits the schemas of all events as one document without the rest of the API. */
export function emitEventSchemas(): EventSchemaDocument {
  const { components, webhooks } = emitOpenApi();
  const events = Object.keys(eventSchemas).map((type) => {
    const [reference] = listReferences(webhooks[type] ?? {});
    return [type, { $ref: `${localPrefix}${reference}` }] as const;
  });
  const used = new Set<string>();
  const collect = (given: object): void => {
    for (const name of listReferences(given)) {
      if (used.has(name)) continue;
      used.add(name);
      collect(components.schemas[name] ?? {});
    }
  };
  for (const type of Object.keys(eventSchemas)) collect(webhooks[type] ?? {});
  const definitions = [...used].toSorted().map((name) => [name, components.schemas[name]]);
  const text = JSON.stringify(Object.fromEntries(definitions)).replaceAll(componentPrefix, localPrefix);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    events: Object.fromEntries(events),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- objects of the document
    $defs: asObject(JSON.parse(text)) as Record<string, JsonObject>,
  };
}

function listReferences(given: object): string[] {
  const found = JSON.stringify(given).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
  return [...found].map(([, name]) => name ?? '');
}
