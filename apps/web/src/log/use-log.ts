import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { api } from '../api/api.ts';
import { LogLines } from './log-lines.ts';
import { LogMatches, type MatchState } from './log-matches.ts';
import { toSearchQuery, type LogPosition } from './log-position.ts';
import { listenToAddedLines } from '../live/log-growths.ts';
import { useLiveState } from '../live/live-state.ts';
import { useLogGrowth } from '../live/log-growth.ts';

/** The run of a log, as path parameters for operations. */
export interface LogOfRun {
  workspace_id: string;
  job_run_id: string;
}

/** Polling interval of a growing log while the event stream is down. */
const withoutStreamMs = 3000;

/** Lines to load before the initial line. */
const linesBefore = 250;

/**
 * Loads the lines of a log at the initial position and follows its growth.
 * @param params must be the same object for the same log
 * @param firstLine initial line; -1 for the end
 */
export function useLogLines(
  params: LogOfRun,
  { firstLine, isActive }: { firstLine: number; isActive: boolean },
) {
  const [lines] = useState(
    () =>
      new LogLines((from_line, limit) => api.call('read_log_lines', { params, query: { from_line, limit } })),
  );
  const [opensAt] = useState(firstLine < 0 ? -2 * linesBefore : Math.max(0, firstLine - linesBefore));
  useSyncExternalStore(lines.subscribe, () => lines.version);
  useEffect(() => void lines.open(opensAt), [lines, opensAt]);

  useEffect(() => listenToAddedLines(params.job_run_id, (added) => lines.add(added)), [lines, params]);
  const isComplete = lines.extent?.isComplete === true;
  const growth = useLogGrowth(params.workspace_id, params.job_run_id, !isComplete);
  useEffect(() => {
    if (growth) lines.grow({ lineCount: growth.line_count, isComplete: growth.is_complete });
  }, [lines, growth]);

  // The run may end before its log is complete.
  useEffect(() => {
    if (!isActive && lines.extent !== null && !lines.extent.isComplete) void lines.refresh();
  }, [lines, isActive]);

  const isDown = useLiveState().status !== 'live';
  useEffect(() => {
    if (!isDown || !isActive || isComplete) return undefined;
    const timer = setInterval(() => void lines.refresh(), withoutStreamMs);
    return () => clearInterval(timer);
  }, [lines, isDown, isActive, isComplete]);
  return lines;
}

const nothing: MatchState = { numbers: [], total: 0, isWhole: true, failure: null };

/** Matches of a filter and a search text while the component is mounted; null matches without either. */
export function useLogMatches(
  params: LogOfRun,
  { show, find }: Pick<LogPosition, 'show' | 'find'>,
  lineCount: number,
): { matches: LogMatches | null; state: MatchState } {
  const matches = useMemo(() => {
    if (show === undefined && find === undefined) return null;
    const query = { ...toSearchQuery(show), ...(find !== undefined && { q: find }) };
    return new LogMatches((after_line, limit) =>
      api.call('search_log', { params, query: { ...query, after_line, limit } }),
    );
  }, [show, find, params]);
  useEffect(() => {
    matches?.start();
    return () => matches?.stop();
  }, [matches]);
  useEffect(() => matches?.grow(lineCount), [matches, lineCount]);
  const state = useSyncExternalStore(
    (listener) => matches?.subscribe(listener) ?? ignore,
    () => matches?.state ?? nothing,
  );
  return { matches, state };
}

const ignore = () => undefined;
