import { describe, expect, it } from 'vitest';
import { explainMissingPart } from './proprietary-parts.ts';

const ofDlt = `
You must install additional dependencies to run \`dlt.hub\`. If you use pip you may do the following:

pip install "dlt[hub]"

This will install \`dlthub\` plugin package in with a matching version.
from:
(No module named 'dlthub')`;

describe('explainMissingPart', () => {
  it.each([
    [ofDlt, '`dlthub` belongs to', 'docs/move/hosted.md lists what to use instead.'],
    ["No module named 'dlthub'", '`dlthub` belongs to', 'docs/move/hosted.md'],
    ["No module named 'dlthub.transformation'", '`dlthub.transformation`', 'pipeline.dataset()'],
    [`dlt.hub.transformation: ${ofDlt}`, '`dlt.hub.transformation`', 'pipeline.dataset()'],
    [`dlt.hub.runner: ${ofDlt}`, '`dlt.hub.runner`', '`pipeline.run()`'],
    [
      'dlt.hub.data_quality belongs to the proprietary package dlthub, which',
      '`dlt.hub.data_quality`',
      '[pumphouse.pipelines.<name>]',
    ],
  ])('says what is missing and what to use instead: %j', (message, name, instead) => {
    const text = explainMissingPart(message) ?? '';
    expect(text).toContain(name);
    expect(text).toContain(instead);
    expect(text).not.toMatch(/pip install|\n/);
  });

  it.each(["No module named 'dlthub_sdk'", "No module named 'duckdb'", 'pip install "dlt[duckdb]"'])(
    'says nothing about %j',
    (message) => expect(explainMissingPart(message)).toBeNull(),
  );
});
