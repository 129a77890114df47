import { describe, expect, it } from 'vitest';
import { countSilentMinutes, isMeasured, layOutCharts } from './resource-charts.ts';

const gibibyte = 1024 ** 3;
const attempt = {
  number: 1,
  started_at: null,
  seconds_per_point: 1,
  memory_bytes: [gibibyte, 2 * gibibyte],
  cores: [0.5, 1],
  disk_bytes: [0, 0],
  peak_memory_bytes: 2 * gibibyte,
  peak_disk_bytes: 0,
  measured_by: 'group' as const,
};

describe('charts of resources', () => {
  it('are not those of an attempt that ended before its first sample', () => {
    expect(isMeasured(attempt)).toBe(true);
    expect(isMeasured({ memory_bytes: [], peak_memory_bytes: 0 })).toBe(false);
    expect(isMeasured({ memory_bytes: [8192], peak_memory_bytes: 8192 })).toBe(false);
  });

  it('are steps below the limit', () => {
    const [memory] = layOutCharts(attempt, { memory_bytes: 4 * gibibyte, cores: null, disk_bytes: null });
    expect(memory).toEqual({
      name: 'Memory',
      path: 'M0 100V75H50V50H100V100Z',
      limitAt: 0,
      peak: '2 GiB',
      limit: '4 GiB',
      isNearLimit: false,
    });
  });

  it('leave out a limit that is far away, and do not divide by zero', () => {
    const limits = { memory_bytes: 64 * gibibyte, cores: 8, disk_bytes: 10 * gibibyte };
    const charts = layOutCharts(attempt, limits);
    expect(charts.map(({ limitAt }) => limitAt)).toEqual([null, null, null]);
    expect(charts[2]?.path).toBe('M0 100V100H50V100H100V100Z');
    expect(charts.map(({ limit }) => limit)).toEqual(['64 GiB', '8.0', '10 GiB']);
  });

  it('mark a peak near the limit', () => {
    const near = { memory_bytes: 2.1 * gibibyte, cores: 1, disk_bytes: null };
    expect(layOutCharts(attempt, near).map(({ isNearLimit }) => isNearLimit)).toEqual([true, true, false]);
  });

  it('are empty without points', () => {
    const empty = { ...attempt, memory_bytes: [], cores: [], disk_bytes: [] };
    expect(layOutCharts(empty, { memory_bytes: null, cores: null, disk_bytes: null })[0]?.path).toBe('');
  });
});

describe('a silent run', () => {
  const startedAt = '2026-03-10T12:00:00Z';
  const at = (minutes: number) => new Date(startedAt).getTime() + minutes * 60_000;
  const running = (lastOutputAt: string | null, status = 'running') =>
    ({
      status,
      attempts: [{ started_at: startedAt, finished_at: null, last_output_at: lastOutputAt }],
    }) as unknown as Parameters<typeof countSilentMinutes>[0];

  it('counts from its last line, or from its start', () => {
    expect(countSilentMinutes(running(null), at(12))).toBe(12);
    expect(countSilentMinutes(running(null), at(9))).toBeNull();
    expect(countSilentMinutes(running('2026-03-10T12:05:00Z'), at(12))).toBeNull();
    expect(countSilentMinutes(running('2026-03-10T12:05:00Z'), at(16))).toBe(11);
  });

  it('is one that runs', () => {
    expect(countSilentMinutes(running(null, 'failed'), at(60))).toBeNull();
    expect(countSilentMinutes({ status: 'running', attempts: [] }, at(60))).toBeNull();
  });
});
