import type { ConfigurationComparisonResponse, DeploymentComparisonResponse } from '@pumphouse/contract';
import type { ComponentProps, ReactNode } from 'react';
import { Explanation } from '../../forms/change-form.tsx';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { BaseChoice } from './base-choice.tsx';
import { chooseFile, describeCounts } from './file-changes.ts';
import { FileList } from './file-list.tsx';
import classes from './versions.module.css';

type Comparison = DeploymentComparisonResponse | ConfigurationComparisonResponse;

interface VersionChangesProps<Compared extends Comparison> {
  /** Undefined while loading. */
  comparison: Compared | undefined;
  error: unknown;
  /** Versions to compare with. */
  versions: ComponentProps<typeof BaseChoice>['versions'];
  /** Whether unchanged files are listed too. */
  isAll: boolean;
  /** The file selected in the URL. */
  path: string | undefined;
  /** Why the user sees only file names, as sentences; null if they may see the content. */
  refusal: string | null;
  /** Text after the path of a file. */
  noteOf?: (file: Compared['files'][number]) => string;
  /** Content above the files. */
  notice?: ReactNode;
  /** Renders the changes of one file. */
  renderFile: (path: string, comparison: Compared) => ReactNode;
}

/** Changes of a version by file, compared with the previous or any other version. */
export function VersionChanges<Compared extends Comparison>(props: VersionChangesProps<Compared>) {
  const { comparison, error, versions, isAll, path, refusal, noteOf, notice, renderFile } = props;
  const files: readonly Compared['files'][number][] = comparison?.files ?? [];
  const current = refusal === null ? chooseFile(files, path) : null;
  return (
    <Section
      title={comparison ? `Changes: ${describeCounts(comparison.counts)}` : 'Changes'}
      aside={
        comparison && (
          <BaseChoice
            versions={versions}
            targetId={comparison.target.id}
            base={comparison.base}
            isAll={isAll}
          />
        )
      }
    >
      {error !== null && <ErrorNotice error={error} />}
      {!comparison && error === null && <LoadingRows />}
      {notice}
      {comparison && refusal !== null && <Explanation>{refusal}</Explanation>}
      {comparison && files.length === 0 && (
        <Explanation>No changes since v{comparison.base?.version ?? '–'}.</Explanation>
      )}
      {comparison && files.length > 0 && (
        <div className={refusal === null ? classes.compare : undefined}>
          <FileList
            isOpen={refusal === null}
            current={current?.path ?? null}
            files={files.map((file) => ({
              path: file.path,
              change: file.change,
              note: noteOf?.(file) ?? '',
            }))}
          />
          {current && renderFile(current.path, comparison)}
        </div>
      )}
    </Section>
  );
}
