import { describe, expect, it } from 'vitest';
import { shortenPipelineError } from './pipeline-failure.ts';

const preamble =
  'Pipeline execution failed at `step=extract` when processing package with `load_id=1795717471.09` with exception:\n\n';

describe('shortenPipelineError', () => {
  it('returns the exception of the resource', () => {
    const message = `${preamble}<class 'dlt.extract.exceptions.ResourceExtractionError'>\nIn processing pipe \`charges\`: extraction of resource \`charges\` in \`generator\` \`charges\` caused an exception: invalid literal for int() with base 10: '12,00 EUR'`;
    expect(shortenPipelineError(message)).toBe(
      "charges: invalid literal for int() with base 10: '12,00 EUR'",
    );
  });

  it('returns the exception of the step in one line', () => {
    const message = `${preamble}<class 'dlt.load.exceptions.LoadClientJobFailed'>\nJob for \`x\`\n  failed terminally`;
    expect(shortenPipelineError(message)).toBe('LoadClientJobFailed: Job for `x` failed terminally');
  });

  it('returns other messages unchanged, and a text for a missing message', () => {
    expect(shortenPipelineError('disk full')).toBe('disk full');
    expect(shortenPipelineError(null)).toBe('No reason reported');
    expect(shortenPipelineError(' ')).toBe('No reason reported');
  });
});
