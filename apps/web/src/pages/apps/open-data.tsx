import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { chooseDataApps, noDashboardText, pathToData, type ShownData } from './data-links.ts';
import { DataProblem } from './data-problem.tsx';
import { NotebookDialog } from './notebook-dialog.tsx';
import { operation } from '../../api/operation.ts';
import { useOpenApp } from './use-open-app.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Buttons that show the rows of a dataset or a table: in the dashboard, and in a notebook. */
export function OpenData({ data }: { data: ShownData }) {
  const { params, whyNot } = useWorkspace();
  const apps = useQuery(operation('list_apps', { params }));
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsked, ask] = useState(false);
  const { open, isOpening } = useOpenApp(setProblem);
  const { dashboard, notebooks } = chooseDataApps(apps.data?.items ?? []);
  return (
    <>
      <ActionButton
        whyNot={whyNot('app.open') ?? (apps.data && !dashboard ? noDashboardText : null)}
        hint={describeDashboard(data)}
        loading={isOpening}
        onClick={() => dashboard && open(dashboard, pathToData(data))}
      >
        Open in dashboard
      </ActionButton>
      <ActionButton hint="Opens a notebook, or shows code to copy" onClick={() => ask(true)}>
        Open in notebook…
      </ActionButton>
      {problem !== null && <DataProblem text={problem} onClose={() => setProblem(null)} />}
      {isAsked && <NotebookDialog data={data} notebooks={notebooks} onClose={() => ask(false)} />}
    </>
  );
}

const describeDashboard = ({ pipelineName, tableName }: ShownData) =>
  tableName === null
    ? `Opens the data of ${pipelineName} in a new tab`
    : `Opens ${tableName} in a new tab, ready to query`;
