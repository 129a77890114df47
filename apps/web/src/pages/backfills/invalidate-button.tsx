import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { AskingButton } from '../../ui/asking-button.tsx';
import { changedByBackfills } from './backfill-queries.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { formatNoun } from '../../ui/format.ts';
import { queryClient } from '../../api/query-client.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface InvalidateButtonProps {
  jobId: string;
  ranges: readonly { start: string; end: string }[];
  onDone: (text: string) => void;
}

/** Invalidates the selected time, after a question for the reason. */
export function InvalidateButton({ jobId, ranges, onDone }: InvalidateButtonProps) {
  const { params, whyNotChange } = useWorkspace();
  const [reason, setReason] = useState('');
  return (
    <AskingButton
      label="Invalidate"
      question="Invalidate the selected windows?"
      action="Invalidate"
      whyNot={whyNotChange('job.invalidate-windows')}
      act={async () => {
        let count = 0;
        for (const range of ranges) {
          const body = { ...range, reason };
          const of = { params: { ...params, job_id: jobId }, body };
          count += (await api.call('invalidate_job_windows', of)).window_count;
        }
        await fetchAnew(queryClient, changedByBackfills);
        return count;
      }}
      onDone={(count) => {
        setReason('');
        onDone(`Invalidated ${formatNoun(count, 'window')}. A backfill of missing windows loads them again.`);
      }}
    >
      <p>They count as missing, and the next backfill loads them again. The schedule does not.</p>
      <TextInput
        label="Reason"
        description="Written to the audit log."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </AskingButton>
  );
}
