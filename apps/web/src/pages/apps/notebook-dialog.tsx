import type { AppResponse } from '@pumphouse/contract';
import { Modal, Stack } from '@mantine/core';
import { useState } from 'react';
import classes from './apps.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { AppState } from './app-state.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { pathToData, writeDataCode, type ShownData } from './data-links.ts';
import { shortenJobName } from '../../details/job-name.ts';
import { useOpenApp } from './use-open-app.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface NotebookDialogProps {
  data: ShownData;
  /** The notebooks of the workspace. */
  notebooks: readonly AppResponse[];
  onClose: () => void;
}

/** Dialog with the workspace's notebooks, which open at the data, and code for any other one. */
export function NotebookDialog({ data, notebooks, onClose }: NotebookDialogProps) {
  const { whyNot } = useWorkspace();
  const [problem, setProblem] = useState<string | null>(null);
  const { open, isOpening } = useOpenApp(setProblem);
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Open ${data.tableName ?? data.datasetName} in a notebook`}
      size="lg"
      centered
    >
      <Stack gap="md">
        {notebooks.length === 0 ? (
          <>
            <p className={classes.dialogText}>
              The workspace has no notebook. Put this code into one, and deploy it:
            </p>
            <CommandLine command={writeDataCode(data)} what="Code" />
            <CommandLine command="dlthub serve notebook.py" />
          </>
        ) : (
          <>
            <ul className={classes.notebooks}>
              {notebooks.map((app) => (
                <li key={app.job_id} className={classes.notebook}>
                  <span className={classes.notebookName}>
                    <strong>{shortenJobName(app.name)}</strong> <AppState app={app} />
                  </span>
                  <ActionButton
                    whyNot={whyNot('app.open')}
                    hint="Opens in a new tab"
                    aria-label={`Open ${shortenJobName(app.name)}`}
                    loading={isOpening}
                    onClick={() => open(app, pathToData(data))}
                  >
                    Open
                  </ActionButton>
                </li>
              ))}
            </ul>
            <p className={classes.dialogText}>
              A marimo notebook finds the names of the pipeline, dataset and table in{' '}
              <code>mo.query_params()</code>. Code that reads the rows:
            </p>
            <CommandLine command={writeDataCode(data)} what="Code" />
          </>
        )}
        {problem !== null && <p role="alert">{problem}</p>}
      </Stack>
    </Modal>
  );
}
