import { describe, expect, it } from 'vitest';
import { listProprietaryUses } from './proprietary-uses.ts';

const transformation = (line: number) => [{ name: 'dlt.hub.transformation', line }];

describe('listProprietaryUses', () => {
  it.each([
    ['import dlt\n\n@dlt.hub.transformation\ndef a(): ...', transformation(3)],
    ['import dlt\n\n@dlt.hub.transformation(write_disposition="replace")\ndef a(): ...', transformation(3)],
    ['import dlt as d\n@d.hub.transformation\ndef a(): ...', transformation(2)],
    ['import dlt.hub\nx = dlt.hub.transformation(f)', transformation(2)],
    ['import dlt.hub as h\nx = h.transformation', transformation(2)],
    ['from dlt import hub\n@hub.transformation\ndef a(): ...', transformation(2)],
    ['from dlt import hub as h\ndef a():\n    return h.transformation.x', transformation(3)],
    ['from dlt.hub import run, transformation as t', transformation(1)],
    ['from dlt.hub import (\n    run,\n    transformation,  # of data\n)', transformation(1)],
    ['import dlt.hub.data_quality as dq', [{ name: 'dlt.hub.data_quality', line: 1 }]],
    ['from dlt.hub.data_quality import checks', [{ name: 'dlt.hub.data_quality', line: 1 }]],
    ['import dlthub', [{ name: 'dlthub', line: 1 }]],
    ['def a():\n    from dlthub import runner', [{ name: 'dlthub.runner', line: 2 }]],
    ['import os, dlthub.current', [{ name: 'dlthub.current', line: 1 }]],
  ])('finds %j', (source, expected) => {
    expect(listProprietaryUses(source)).toEqual(expected);
  });

  it.each([
    'from dlt.hub import run\n@run.job\ndef a(): ...',
    'import dlt\n@dlt.hub.run.job(trigger="0 6 * * *")\ndef a(): ...',
    'import dlt.hub.run as run',
    'from dlt.hub.run import job, trigger',
    'from hub import transformation',
    'import hub\nhub.transformation',
    'import dlthub_sdk',
    '# import dlthub\ntext = "dlt.hub.transformation"',
    'try:\n    import dlthub\nexcept ImportError:\n    dlthub = None',
    'import dlt\nprint(dlt.hub.__found__)',
  ])('finds nothing in %j', (source) => {
    expect(listProprietaryUses(source)).toEqual([]);
  });
});
