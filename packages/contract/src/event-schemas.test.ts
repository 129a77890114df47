import type { EventSchemaDocument } from './event-schemas.ts';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emitEventSchemas } from './event-schemas.ts';
import { findIncompatibleChanges } from './event-compatibility.ts';

const text = readFileSync(new URL('../released/event-schemas.json', import.meta.url), 'utf8');
const released = JSON.parse(text) as EventSchemaDocument;

describe('the schemas of events', () => {
  it('break no receiver that was written for the released ones', () => {
    expect(findIncompatibleChanges(released, emitEventSchemas())).toEqual([]);
  });

  it('are published: `npm run docs:events` writes the file', () => {
    expect(emitEventSchemas()).toEqual(released);
  });
});

describe('the comparison', () => {
  /** The released document with another text. */
  function alter(find: string, replacement: string): EventSchemaDocument {
    const compact = JSON.stringify(released);
    expect(compact).toContain(find);
    return JSON.parse(compact.replace(find, replacement)) as EventSchemaDocument;
  }

  it.each([
    [
      'a type that is gone',
      '"pumphouse.ping":{"$ref":"#/$defs/PingEvent"}',
      '"pumphouse.pong":{"$ref":"#/$defs/PingEvent"}',
    ],
    [
      'another type of a property',
      '"attempt":{"type":["integer","null"]}',
      '"attempt":{"type":["string","null"]}',
    ],
    ['a property that may be null', '"sequence":{"type":"string"}', '"sequence":{"type":["string","null"]}'],
    ['a property that is renamed', '"retry_at":{', '"retry_time":{'],
    ['a property that may be absent', '"required":["job_run",', '"required":['],
    ['another constant', '"const":"pumphouse.ping"', '"const":"pumphouse.pong"'],
  ])('finds %s', (_, find, replacement) => {
    expect(findIncompatibleChanges(released, alter(find, replacement))).not.toEqual([]);
  });

  it.each([
    ['a property that is added', '"attempt":{', '"added":{"type":"string"},"attempt":{'],
    [
      'an event type that is added',
      '"pumphouse.ping":{"$ref"',
      '"pumphouse.new":{"$ref":"#/$defs/PingEvent"},"pumphouse.ping":{"$ref"',
    ],
    [
      'a value that is never null any more',
      '"attempt":{"type":["integer","null"]}',
      '"attempt":{"type":"integer"}',
    ],
  ])('allows %s', (_, find, replacement) => {
    expect(findIncompatibleChanges(released, alter(find, replacement))).toEqual([]);
  });
});
