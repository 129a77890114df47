import { describe, expect, it } from 'vitest';
import {
  decideHold,
  listUnheld,
  type FileWait,
  type HoldTarget,
  type PipelineHold,
} from './pipeline-holds.ts';

const pipeline = (name: string, profile = 'prod'): HoldTarget => ({
  kind: 'pipeline',
  profile,
  name,
  destination: '',
});
const dataset = (name: string): HoldTarget => ({
  kind: 'dataset',
  profile: '',
  name,
  destination: 'postgres 1',
});

const held = (attemptId: string, target: HoldTarget, ticket: number): PipelineHold => ({
  ...target,
  attemptId,
  ticket,
  isHeld: true,
});
const waiting = (attemptId: string, target: HoldTarget, ticket: number): PipelineHold => ({
  ...held(attemptId, target, ticket),
  isHeld: false,
});

const ask = (
  holds: PipelineHold[],
  attemptId: string,
  targets: HoldTarget[],
  ticket: number | null = null,
  fileWaits: FileWait[] = [],
) => decideHold(holds, { attemptId, targets, ticket, fileWaits });

describe('a request for a pipeline', () => {
  it('is granted if no other attempt holds it or asked before', () => {
    expect(ask([], 'a', [pipeline('p')])).toEqual({ kind: 'held' });
    expect(ask([held('b', pipeline('q'), 1)], 'a', [pipeline('p')])).toEqual({ kind: 'held' });
    expect(ask([held('b', pipeline('p', 'access'), 1)], 'a', [pipeline('p')])).toEqual({ kind: 'held' });
    expect(ask([held('a', pipeline('p'), 1)], 'a', [pipeline('p')])).toEqual({ kind: 'held' });
  });

  it('waits for the holder, and for earlier requests', () => {
    const holds = [
      held('b', pipeline('p'), 1),
      waiting('c', pipeline('p'), 2),
      waiting('d', pipeline('p'), 4),
    ];
    expect(ask(holds, 'a', [pipeline('p')], 3)).toEqual({
      kind: 'wait',
      blockedBy: holds[0],
      position: 2,
    });
    expect(ask(holds.slice(1), 'a', [pipeline('p')], 3)).toEqual({
      kind: 'wait',
      blockedBy: holds[1],
      position: 1,
    });
    expect(ask(holds.slice(2), 'a', [pipeline('p')], 3)).toEqual({ kind: 'held' });
  });

  it('and a dataset is granted only for both', () => {
    const holds = [held('b', dataset('d'), 1)];
    expect(ask(holds, 'a', [pipeline('p'), dataset('d')])).toMatchObject({
      kind: 'wait',
      blockedBy: holds[0],
    });
    expect(ask([], 'a', [pipeline('p'), dataset('d')])).toEqual({ kind: 'held' });
  });

  it('asks only for what the attempt does not hold', () => {
    const holds = [held('a', pipeline('p'), 1), waiting('a', dataset('d'), 2), held('b', dataset('e'), 1)];
    expect(listUnheld(holds, 'a', [pipeline('p'), dataset('d'), dataset('e')])).toEqual([
      dataset('d'),
      dataset('e'),
    ]);
  });
});

describe('a wait that would never end', () => {
  it('fails the youngest request of a loop', () => {
    const holds = [held('a', pipeline('p'), 1), held('b', pipeline('q'), 2), waiting('a', pipeline('q'), 3)];
    expect(ask(holds, 'b', [pipeline('p')])).toEqual({
      kind: 'deadlock',
      blockedBy: holds[0],
      waitsFor: 'hold',
    });
    expect(ask([...holds, waiting('b', pipeline('p'), 4)], 'b', [pipeline('p')], 4)).toMatchObject({
      kind: 'deadlock',
    });
    expect(ask([...holds, waiting('b', pipeline('p'), 4)], 'a', [pipeline('q')], 3)).toMatchObject({
      kind: 'wait',
    });
  });

  it('is found across several attempts, and across an earlier request', () => {
    const ofThree = [
      held('a', pipeline('p'), 1),
      held('b', pipeline('q'), 2),
      held('c', pipeline('r'), 3),
      waiting('a', pipeline('q'), 4),
      waiting('b', pipeline('r'), 5),
    ];
    expect(ask(ofThree, 'c', [pipeline('p')])).toMatchObject({ kind: 'deadlock' });
    const behindRequest = [
      held('a', pipeline('p'), 1),
      held('b', pipeline('q'), 2),
      waiting('c', pipeline('q'), 3),
      waiting('a', pipeline('q'), 4),
    ];
    // b waits for a, which comes after c, which waits for b.
    expect(ask(behindRequest, 'b', [pipeline('p')])).toMatchObject({ kind: 'deadlock' });
  });

  it('may lead through database files', () => {
    const holds = [held('b', pipeline('p'), 1), waiting('a', pipeline('p'), 2)];
    const asked = (...fileWaits: FileWait[]) => ask(holds, 'a', [pipeline('p')], 2, fileWaits);
    const failed = { kind: 'deadlock', blockedBy: holds[0], waitsFor: 'file' };
    expect(asked()).toMatchObject({ kind: 'wait' });
    expect(asked(['a', 'b'], ['c', 'a'], ['c', 'b'])).toMatchObject({
      kind: 'wait',
    });
    expect(asked(['b', 'a'])).toEqual(failed);
    expect(asked(['b', 'c'], ['c', 'b'], ['c', 'a'])).toEqual(failed);
  });

  it('fails the youngest request of a loop through files', () => {
    // a has a file open that c waits for, waits for b, and b for c.
    const holds = [
      held('b', pipeline('p'), 1),
      held('c', pipeline('q'), 2),
      waiting('a', pipeline('p'), 3),
      waiting('b', pipeline('q'), 4),
    ];
    expect(ask(holds, 'a', [pipeline('p')], 3, [['c', 'a']])).toMatchObject({ kind: 'wait' });
    expect(ask(holds, 'b', [pipeline('q')], 4, [['c', 'a']])).toEqual({
      kind: 'deadlock',
      blockedBy: holds[1],
      waitsFor: 'hold',
    });
  });

  it('is not a wait for a run that waits for nothing of this one', () => {
    const holds = [held('b', pipeline('p'), 1), waiting('b', pipeline('q'), 2), held('c', pipeline('q'), 1)];
    expect(ask(holds, 'a', [pipeline('p')])).toMatchObject({ kind: 'wait' });
  });
});
