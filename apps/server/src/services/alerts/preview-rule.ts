import type { AlertKind } from '@pumphouse/contract';
import type { AlertRuleDraft } from './check-rule.ts';
import type { AlertRules, RuleReader } from './alert-rules.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Derived, Occurrence } from '../../domain/alerts/derive-occurrences.ts';
import type { Persistence } from '../../store/store.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { createConsolePaths } from '../../domain/alerts/incident-text.ts';
import { deriveFromEvent } from './evaluate-events.ts';

/** What a rule would have reported. */
export interface RulePreview {
  days: number;
  /** False for kinds of which no history is kept. */
  isAvailable: boolean;
  incidentCount: number;
  isTruncated: boolean;
  /** The newest first. */
  incidents: { title: string; at: Date; subject: string }[];
}

export type PreviewRule = ReturnType<typeof createPreviewRule>;

const previewDays = 7;
const dayMs = 86_400_000;
/** Runs that a preview reads, at most; each takes two statements. */
const maxEvents = 400;
const maxListed = 20;

const sourceOf: Partial<
  Record<
    AlertKind,
    {
      list: 'runs' | 'attempts' | 'schema-changes' | 'backfills';
      event: 'run-ended' | 'attempt-closed' | 'schema-change' | 'backfill-changed';
    }[]
  >
> = {
  run_failed: [{ list: 'runs', event: 'run-ended' }],
  run_succeeded: [{ list: 'runs', event: 'run-ended' }],
  recovered: [{ list: 'runs', event: 'run-ended' }],
  backfill_failed: [
    { list: 'runs', event: 'run-ended' },
    { list: 'backfills', event: 'backfill-changed' },
  ],
  backfill_finished: [{ list: 'backfills', event: 'backfill-changed' }],
  zero_rows: [{ list: 'attempts', event: 'attempt-closed' }],
  row_count_off: [{ list: 'attempts', event: 'attempt-closed' }],
  schema_changed: [
    { list: 'schema-changes', event: 'schema-change' },
    { list: 'runs', event: 'run-ended' },
  ],
};

/**
 * Creates a function that evaluates a rule on the last seven days, without storing anything. Occurrences of one
 * subject count as one incident while nothing resolved it between them.
 */
export function createPreviewRule({
  persistence: { store },
  alertRules,
  clock,
}: {
  persistence: Persistence<'alertSources' | 'installation'>;
  alertRules: Pick<AlertRules, 'check'>;
  clock: Clock;
}) {
  return async function previewRule(reader: RuleReader, draft: AlertRuleDraft): Promise<RulePreview> {
    const content = await alertRules.check(reader, draft);
    const sources = sourceOf[content.kind];
    if (!sources)
      return { days: previewDays, isAvailable: false, incidentCount: 0, isTruncated: false, incidents: [] };
    const since = new Date((await clock(store)).getTime() - previewDays * dayMs);
    const { workspaceId } = reader;
    const rule = {
      ...content,
      id: 'preview',
      workspaceId,
      mutedUntil: null,
      createdAt: since,
      updatedAt: since,
    };
    const scope = { workspaceId, paths: createConsolePaths(workspaceId) };
    const derived: Derived[] = [];
    let isTruncated = false;
    for (const { list, event } of sources) {
      const ids = await store.alertSources.listRecent(workspaceId, list, { since, limit: maxEvents });
      isTruncated ||= ids.length === maxEvents;
      for (const subjectId of ids.toReversed())
        derived.push(
          await deriveFromEvent(
            store,
            [{ ...rule, channelIds: [...rule.channelIds] }],
            { kind: event, subjectId },
            scope,
          ),
        );
    }
    const incidents = joinOccurrences(derived, alertKinds[content.kind].isMomentary);
    return {
      days: previewDays,
      isAvailable: true,
      incidentCount: incidents.length,
      isTruncated,
      incidents: incidents
        .toSorted((one, other) => other.at.getTime() - one.at.getTime())
        .slice(0, maxListed)
        .map(({ text: { title }, at, subject }) => ({ title, at, subject })),
    };
  };
}

/** The first occurrence of each incident, in the order of the events. */
function joinOccurrences(derived: readonly Derived[], isMomentary: boolean): Occurrence[] {
  const open = new Set<string>();
  const first: Occurrence[] = [];
  for (const { occurrences, resolutions } of derived) {
    for (const { subject } of resolutions) open.delete(subject);
    for (const occurrence of occurrences) {
      if (open.has(occurrence.subject)) continue;
      first.push(occurrence);
      if (!isMomentary) open.add(occurrence.subject);
    }
  }
  return first;
}
