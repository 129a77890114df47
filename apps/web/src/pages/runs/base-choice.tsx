import type { JobRunComparisonResponse } from '@pumphouse/contract';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { formatShortInstant } from '../../ui/format.ts';
import { operation } from '../../api/operation.ts';
import { stateAppearance } from '../../ui/run-states.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface BaseChoiceProps {
  jobId: string;
  target: JobRunComparisonResponse['target'];
  base: JobRunComparisonResponse['base'];
}

/**
 * Selects the run to compare with from the last fifty runs of the job. Any other run can be named in the URL.
 */
export function BaseChoice({ jobId, target, base }: BaseChoiceProps) {
  const { params } = useWorkspace();
  const navigate = useNavigate({ from: '/w/$workspaceId/runs/$jobRunId/compare' });
  const now = new Date(useNow(60));
  const { data } = useQuery(
    operation('list_run_overviews', { params, query: { job_id: jobId, limit: 50, include_skipped: false } }),
  );
  const runs = (data?.items ?? []).filter(({ id }) => id !== target.id);
  const isListed = base === null || runs.some(({ id }) => id === base.id);
  const offered = isListed ? runs : [base, ...runs];
  return (
    <NativeSelect
      size="xs"
      aria-label="Compare with"
      value={base?.id ?? ''}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        void navigate({ search: { base: chosen === '' ? undefined : chosen }, replace: true });
      }}
      data={[
        { value: '', label: base === null ? 'Select a run' : 'Last completed run' },
        ...offered.map(({ id, number, status, created_at: at }) => ({
          value: id,
          label: `#${number} ${stateAppearance(status).glyph} ${stateAppearance(status).word}, ${formatShortInstant(new Date(at), now)}`,
        })),
      ]}
    />
  );
}
