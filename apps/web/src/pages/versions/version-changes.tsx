import type { ConfigurationComparisonResponse, DeploymentComparisonResponse } from '@pumphouse/contract';
import type { ComponentProps, ReactNode } from 'react';
import { Explanation } from '../../forms/change-form.tsx';
import { ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { Section } from '../../look/page.tsx';
import { BaseChoice } from './base-choice.tsx';
import { chooseFile, describeCounts } from './file-changes.ts';
import { FileList } from './file-list.tsx';
import classes from './versions.module.css';

type Comparison = DeploymentComparisonResponse | ConfigurationComparisonResponse;

interface VersionChangesProps<Compared extends Comparison> {
  /** The answer so far; undefined while it is on its way. */
  comparison: Compared | undefined;
  error: unknown;
  /** Versions to compare with. */
  versions: ComponentProps<typeof BaseChoice>['versions'];
  /** Whether files that are the same are listed too. */
  isAll: boolean;
  /** The file that the address names. */
  path: string | undefined;
  /** Why this person sees names only, as sentences; null where they see what changed in the files. */
  refusal: string | null;
  /** Said beside the path of a file. */
  noteOf?: (file: Compared['files'][number]) => string;
  /** Said before the files. */
  notice?: ReactNode;
  /** What changed in one file. */
  renderFile: (path: string, comparison: Compared) => ReactNode;
}

/** What a version changed, file by file, against the one before or any other. */
export function VersionChanges<Compared extends Comparison>(props: VersionChangesProps<Compared>) {
  const { comparison, error, versions, isAll, path, refusal, noteOf, notice, renderFile } = props;
  const files: readonly Compared['files'][number][] = comparison?.files ?? [];
  const current = refusal === null ? chooseFile(files, path) : null;
  return (
    <Section
      title={comparison ? `What changed: ${describeCounts(comparison.counts)}` : 'What changed'}
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
        <Explanation>No file differs from v{comparison.base?.version ?? '–'}.</Explanation>
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
