/** What the volumes of an installation take, as the engine counts it. */
import type Docker from 'dockerode';
import { labels } from './names.ts';

export interface MeasuredVolume {
  name: string;
  labels: Record<string, string>;
  madeAt: Date;
  /** Null where the engine does not count it. */
  sizeBytes: number | null;
}

/** The engine looks at every file for an answer: one answer serves the questions of a moment. */
const keptMilliseconds = 5000;

interface DiskUsage {
  Volumes?:
    | {
        Name: string;
        Labels?: Record<string, string> | null;
        CreatedAt?: string;
        UsageData?: { Size?: number } | null;
      }[]
    | null;
}

/** Gives what lists and measures an installation's volumes. */
export function createVolumeSizes(engine: Docker, installationId: string) {
  let kept: { answer: Promise<MeasuredVolume[]>; until: number } | null = null;

  async function ask(): Promise<MeasuredVolume[]> {
    const usage = (await engine.df()) as DiskUsage;
    return (usage.Volumes ?? [])
      .filter(({ Labels: own }) => own?.[labels.installation] === installationId)
      .map(({ Name: name, Labels: own, CreatedAt: madeAt, UsageData: data }) => ({
        name,
        labels: own ?? {},
        madeAt: new Date(madeAt ?? 0),
        sizeBytes: typeof data?.Size === 'number' && data.Size >= 0 ? data.Size : null,
      }));
  }

  return function measureVolumes(): Promise<MeasuredVolume[]> {
    if (kept !== null && kept.until > performance.now()) return kept.answer;
    const answer = ask();
    kept = { answer, until: performance.now() + keptMilliseconds };
    answer.catch(() => (kept = null));
    return answer;
  };
}
