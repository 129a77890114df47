import { describe, expect, it } from 'vitest';
import {
  addStart,
  chooseEvicted,
  deservesTemplate,
  isWornOut,
  templateRules,
  type TemplateUse,
} from './template-policy.ts';

const hourMs = 3_600_000;
const create = (changes: Partial<TemplateUse> = {}): TemplateUse => ({
  startedAtMs: 0,
  lastUsedAtMs: 0,
  runs: 0,
  memoryBytes: 100,
  signature: 'same',
  ...changes,
});

describe('a template', () => {
  it('is started at the second start within an hour', () => {
    expect(deservesTemplate(addStart([], hourMs))).toBe(false);
    expect(deservesTemplate(addStart([1], hourMs))).toBe(true);
    expect(deservesTemplate(addStart([0], hourMs))).toBe(false);
  });

  it('keeps no more starts than it counts', () => {
    let starts: number[] = [];
    for (let atMs = 1; atMs < 50; atMs += 1) starts = addStart(starts, atMs);
    expect(starts).toEqual([48, 49]);
  });

  it.each<[string, Partial<TemplateUse>, number, boolean]>([
    ['in use', { lastUsedAtMs: 1000 }, 2000, false],
    ['idle', { lastUsedAtMs: 1000 }, 1000 + templateRules.maxIdleMs, true],
    ['old', { lastUsedAtMs: templateRules.maxAgeMs }, templateRules.maxAgeMs, true],
    ['after many runs', { runs: templateRules.maxRuns }, 1, true],
    ['of another machine', { signature: 'other' }, 1, true],
  ])('%s serves a run or not', (_, changes, nowMs, isWorn) => {
    expect(isWornOut(create(changes), nowMs, 'same')).toBe(isWorn);
  });

  it('gives way to those used more recently if memory is short', () => {
    const [old, recent, newest] = [1, 2, 3].map((lastUsedAtMs) => create({ lastUsedAtMs }));
    const all = [recent, newest, old].map((one) => one ?? create());
    expect(chooseEvicted(all, 300)).toEqual([]);
    expect(chooseEvicted(all, 250)).toEqual([old]);
    expect(chooseEvicted(all, 250, 100)).toEqual([recent, old]);
    expect(chooseEvicted(all, 50)).toEqual([newest, recent, old]);
  });
});
