import { expect, it } from 'vitest';
import { createBriefMemory } from './brief-memory.ts';

const clock = { ms: 0 };

/** A cache of numbers that records its lookups. */
function remember(rememberedMs: number | ((value: number) => number)) {
  const looks: number[] = [];
  clock.ms = 0;
  const memory = createBriefMemory<number>(rememberedMs, () => clock.ms);
  const get = (value: number) =>
    memory.get('key', async () => {
      looks.push(value);
      return value;
    });
  return { memory, looks, get };
}

it('shares one lookup among concurrent callers, and looks up again after it expires', async () => {
  const { looks, get } = remember(1000);
  expect(await Promise.all([get(1), get(2)])).toEqual([1, 1]);
  clock.ms = 999;
  expect(await get(3)).toBe(1);
  clock.ms = 1000;
  expect(await get(4)).toBe(4);
  expect(looks).toEqual([1, 4]);
});

it('keeps a value that is about to change for a shorter time', async () => {
  const { get } = remember((value) => (value === 1 ? 200 : 1000));
  expect(await get(1)).toBe(1);
  clock.ms = 200;
  expect(await get(2)).toBe(2);
  clock.ms = 1199;
  expect(await get(3)).toBe(2);
});

it('drops a key on request, and drops failed lookups', async () => {
  const { memory, get } = remember(1000);
  const failing = () => Promise.reject(new Error('no answer'));
  await expect(memory.get('key', failing)).rejects.toThrow('no answer');
  expect(await get(1)).toBe(1);
  memory.forget('key');
  expect(await get(2)).toBe(2);
});
