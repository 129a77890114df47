import type { CodeFileComparisonResponse, JobRunChangesResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import classes from './cause.module.css';
import { ErrorNotice, LoadingSpace } from '../../../ui/answers.tsx';
import { formatCount } from '../../../ui/format.ts';
import { listOpenFiles, type ChangedFile } from './describe-cause.ts';
import { operation } from '../../../api/operation.ts';
import { languageOf } from '../../../code/languages.ts';
import { TextDifference } from '../../../ui/text-difference.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface ChangedCodeProps {
  files: JobRunChangesResponse['files'];
  base: { deployment_id: string; deployment_version: number };
  target: { deployment_id: string; deployment_version: number };
}

/** The changed files that the job imports, each with its changed lines. */
export function ChangedCode({ files, base, target }: ChangedCodeProps) {
  const reason = useWorkspace().whyNot('deployment.compare');
  const openFiles = listOpenFiles(files);
  return (
    <>
      <ul className={classes.files}>
        {files.map((file) => (
          <li key={file.path}>
            {reason === null ? (
              <ChangedFileLines file={file} base={base} target={target} isOpen={openFiles.has(file.path)} />
            ) : (
              <FileName file={file} />
            )}
          </li>
        ))}
      </ul>
      {reason !== null && <p className="quiet">Lines of code: {reason}</p>}
    </>
  );
}

const words = { added: 'new file', removed: 'removed', changed: '', unchanged: '' } as const;

function FileName({ file }: { file: ChangedFile }) {
  const { path, change, added_line_count: added, removed_line_count: removed } = file;
  return (
    <>
      <span className={classes.path}>{path}</span>{' '}
      {added !== null && added > 0 && <span className={classes.added}>+{formatCount(added)} </span>}
      {removed !== null && removed > 0 && <span className={classes.removed}>−{formatCount(removed)} </span>}
      <span className="quiet">{words[change]}</span>
    </>
  );
}

interface ChangedFileLinesProps extends Omit<ChangedCodeProps, 'files'> {
  file: ChangedFile;
  isOpen: boolean;
}

function ChangedFileLines({ file, base, target, isOpen: isOpenAtFirst }: ChangedFileLinesProps) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className={classes.fileName}>
        <FileName file={file} />
      </summary>
      {isOpen && <Lines file={file} base={base} target={target} />}
    </details>
  );
}

/** Lines of a long difference that are shown before the rest is asked for. */
const firstLines = 60;

/** Height of a line, of the head of a hunk with its border, and the unchanged lines around one change. */
const [lineHeightPx, headHeightPx, contextLines] = [18, 26, 6];

/** About as high as its lines will be, so that what is below does not move when they arrive. */
function expectedHeightPx({ added_line_count: added, removed_line_count: removed }: ChangedFile): number {
  const lines = Math.min(firstLines, (added ?? 0) + (removed ?? 0) + contextLines);
  return headHeightPx + lines * lineHeightPx;
}

function Lines({ file, base, target }: { file: ChangedFile } & Omit<ChangedCodeProps, 'files'>) {
  const { path } = file;
  const { params } = useWorkspace();
  const { data, error } = useQuery(
    operation('compare_deployment_file', {
      params: { ...params, deployment_id: target.deployment_id },
      query: { base_id: base.deployment_id, path },
    }),
  );
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return <LoadingSpace height={expectedHeightPx(file)} />;
  if (data.outcome !== 'compared') return <p className="quiet">{outcomes[data.outcome]}</p>;
  return (
    <div className={classes.lines}>
      <TextDifference
        hunks={data.hunks}
        label={path}
        sides={[`deployment ${base.deployment_version}`, `deployment ${target.deployment_version}`]}
        firstLines={firstLines}
        language={languageOf(path)}
      />
    </div>
  );
}

const outcomes: Record<Exclude<CodeFileComparisonResponse['outcome'], 'compared'>, string> = {
  binary: 'The file is not text.',
  too_large: 'Files over 512 KiB are not compared.',
  link: 'The file is a symbolic link.',
};
