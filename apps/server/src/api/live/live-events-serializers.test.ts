import type { ReadLines } from '../../services/logs/read-log-lines.ts';
import { expect, it } from 'vitest';
import { toEventText } from './live-events-serializers.ts';

it('counts no line of a log that is not in the event, although the log has grown meanwhile', () => {
  const log = { lineCount: 9, isComplete: true, spans: [] } as unknown as ReadLines['log'];
  const extent = { jobRunId: 'run', lineCount: 5, isComplete: false };
  const text = toEventText({ kind: 'log', extent, added: { log, lines: [] } });
  expect(JSON.parse(text.replace(/^event: log\ndata: /, ''))).toMatchObject({
    line_count: 5,
    added: { line_count: 5, is_complete: false },
  });
});
