import { describe, expect, it } from 'vitest';
import { activeRunStates, isTerminalRunState, runStates, terminalRunStates } from '@pumphouse/contract';
import { canTransition, statesBefore } from './run-state.ts';

describe('run states', () => {
  it('allow exactly these transitions', () => {
    const allowed = runStates.flatMap((from) =>
      runStates.filter((to) => canTransition(from, to)).map((to) => `${from} > ${to}`),
    );
    expect(allowed).toEqual([
      'pending > starting',
      'pending > failed',
      'pending > cancelled',
      'starting > pending',
      'starting > running',
      'starting > cancelling',
      'starting > completed',
      'starting > failed',
      'starting > cancelled',
      'running > pending',
      'running > cancelling',
      'running > completed',
      'running > failed',
      'cancelling > completed',
      'cancelling > failed',
      'cancelling > cancelled',
    ]);
  });

  it('are either active or terminal, and a terminal one never changes', () => {
    expect([...activeRunStates, ...terminalRunStates]).toEqual([...runStates]);
    expect(runStates.filter(isTerminalRunState)).toEqual([...terminalRunStates]);
  });

  it('list their possible predecessors', () => {
    expect(statesBefore('completed')).toEqual(['starting', 'running', 'cancelling']);
    expect(statesBefore('pending')).toEqual(['starting', 'running']);
    expect(statesBefore('skipped')).toEqual([]);
  });
});
