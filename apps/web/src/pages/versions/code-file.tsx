import type { CodeFileComparisonResponse } from '@pumphouse/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { languageOf } from '../../code/languages.ts';
import { TextDifference } from '../../ui/text-difference.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import classes from './versions.module.css';

interface CodeFileProps {
  deploymentId: string;
  /** Undefined for the previous version. */
  baseId: string | undefined;
  path: string;
  sides: readonly [string, string];
}

/** Diff of one code file. */
export function CodeFile({ deploymentId, baseId, path, sides }: CodeFileProps) {
  const { params } = useWorkspace();
  const { data, error, isPlaceholderData } = useQuery({
    ...operation('compare_deployment_file', {
      params: { ...params, deployment_id: deploymentId },
      query: { base_id: baseId, path },
    }),
    placeholderData: keepPreviousData,
  });
  const isThis = data?.file.path === path && !isPlaceholderData;
  return (
    <div className={classes.content}>
      <h3 className={classes.contentTitle}>{path}</h3>
      {error && <ErrorNotice error={error} />}
      {!isThis && !error && <LoadingRows />}
      {isThis && <Outcome comparison={data} sides={sides} />}
    </div>
  );
}

const reasons = {
  binary: ['Binary file', 'The file contains a NUL or is not valid UTF-8.'],
  too_large: ['File too large', 'Files over 512 KiB are not compared.'],
  link: ['Symbolic link', 'Its target is compared under the target’s own path.'],
} as const;

function Outcome({
  comparison,
  sides,
}: {
  comparison: CodeFileComparisonResponse;
  sides: CodeFileProps['sides'];
}) {
  const { outcome, hunks, file } = comparison;
  if (outcome !== 'compared') {
    const [title, description] = reasons[outcome];
    return <Empty title={title}>{description}</Empty>;
  }
  if (hunks.length === 0) {
    return file.change === 'unchanged' ? <Empty title="No changes" /> : <Empty title="Empty file" />;
  }
  return <TextDifference hunks={hunks} label={file.path} sides={sides} language={languageOf(file.path)} />;
}
