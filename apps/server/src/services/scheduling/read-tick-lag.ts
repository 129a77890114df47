import type { Clock } from './clock.ts';
import type { Persistence } from '../../store/store.ts';

/** How far the scheduler is behind. */
export interface TickLag {
  /** Seconds since the oldest undecided tick was due; 0 if none is due. */
  seconds: number;
  /** Whether users notice: runs start late because no scheduler decides on ticks in time. */
  isBehind: boolean;
}

export type ReadTickLag = ReturnType<typeof createReadTickLag>;

/** Ticks are usually decided within a second. */
export const maxTickLagSeconds = 30;

/** Creates the function that measures the lag of all schedulers, which any server may call. */
export function createReadTickLag({ store }: Persistence<'installation' | 'schedules'>, clock: Clock) {
  return async function readTickLag(): Promise<TickLag> {
    const oldest = await store.schedules.nextTickAt();
    const lateMs = oldest ? (await clock(store)).getTime() - oldest.getTime() : 0;
    const seconds = Math.max(0, lateMs / 1000);
    return { seconds, isBehind: seconds > maxTickLagSeconds };
  };
}
