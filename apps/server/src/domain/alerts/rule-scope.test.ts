import { describe, expect, it } from 'vitest';
import { covers, wholeWorkspace } from './rule-scope.ts';

const subject = { jobId: 'id-1', jobRef: 'jobs.sales.load', tags: ['nightly'], pipelineNames: ['orders'] };

describe('covers', () => {
  it.each([
    ['everything without entries', {}, true],
    ['a job by id', { jobIds: ['id-0', 'id-1'] }, true],
    ['not another job', { jobIds: ['id-0'] }, false],
    ['a job by pattern', { jobPatterns: ['jobs.sales.*'] }, true],
    ['not by part of a pattern', { jobPatterns: ['sales'] }, false],
    ['a tag', { tags: ['nightly'] }, true],
    ['a pipeline', { pipelineNames: ['orders'] }, true],
    ['any list that matches', { tags: ['other'], pipelineNames: ['orders'] }, true],
  ])('%s', (_, scope, expected) => {
    expect(covers({ ...wholeWorkspace, ...scope }, subject)).toBe(expected);
  });

  it('covers nothing of what has no job if it names jobs', () => {
    const none = { jobId: null, jobRef: null, tags: [], pipelineNames: [] };
    expect(covers({ ...wholeWorkspace, jobPatterns: ['*'] }, none)).toBe(false);
  });
});
