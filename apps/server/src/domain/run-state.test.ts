import { describe, expect, it } from 'vitest';
import {
  ACTIVE_RUN_STATES,
  canTransition,
  isTerminalRunState,
  RUN_STATES,
  statesBefore,
  TERMINAL_RUN_STATES,
} from './run-state.ts';

describe('run states', () => {
  it('allow exactly these transitions', () => {
    const allowed = RUN_STATES.flatMap((from) =>
      RUN_STATES.filter((to) => canTransition(from, to)).map((to) => `${from} > ${to}`),
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
      'running > cancelling',
      'running > completed',
      'running > failed',
      'cancelling > completed',
      'cancelling > failed',
      'cancelling > cancelled',
    ]);
  });

  it('are either active or terminal, and a terminal one never changes', () => {
    expect([...ACTIVE_RUN_STATES, ...TERMINAL_RUN_STATES]).toEqual([...RUN_STATES]);
    expect(RUN_STATES.filter(isTerminalRunState)).toEqual([...TERMINAL_RUN_STATES]);
  });

  it('know what may come before', () => {
    expect(statesBefore('completed')).toEqual(['starting', 'running', 'cancelling']);
    expect(statesBefore('skipped')).toEqual([]);
  });
});
