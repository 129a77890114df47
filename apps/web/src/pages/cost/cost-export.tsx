import type { CostGrouping, CostResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { ActionButton } from '../../ui/action-button.tsx';
import { describeError } from '../../ui/answers.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { toCostCsv } from './cost-csv.ts';

/** Maximum rows of a file. */
export const maxExportedRows = 1000;

interface CostExportProps {
  by: CostGrouping;
  /** Reads the costs with up to `maxExportedRows` rows. */
  read: () => Promise<CostResponse>;
}

/** Downloads the rows of the page as CSV. */
export function CostExport({ by, read }: CostExportProps) {
  const exporting = useMutation({
    mutationFn: async () => {
      const cost = await read();
      const name = `cost-by-${by}-${cost.from}-to-${cost.to}.csv`;
      saveFile(name, new Blob([toCostCsv(cost, by)], { type: 'text/csv;charset=utf-8' }));
    },
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'The costs could not be exported',
        message: describeError(error).detail,
      }),
  });
  return (
    <ActionButton
      loading={exporting.isPending}
      hint={`Downloads the costs by ${by} of this range.`}
      onClick={() => exporting.mutate()}
    >
      Export CSV
    </ActionButton>
  );
}
