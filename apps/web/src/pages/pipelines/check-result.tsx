import classes from './pipelines.module.css';

const words: Record<string, string> = {
  failed: '✕ Checks failed',
  passed: '✓ Checks passed',
  unknown: '? Checks unknown',
};

/** Worst result of the checks of a pipeline run. The page of its job run lists them. */
export function CheckResult({ status }: { status: string }) {
  return <span className={status === 'failed' ? classes.reason : 'quiet'}>{words[status] ?? status}</span>;
}
