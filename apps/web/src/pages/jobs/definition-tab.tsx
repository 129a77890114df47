import type { DetailedJobResponse } from '@pumphouse/contract';
import classes from './job.module.css';
import { CodeBlock } from '../../code/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { listJobDetails } from './job-details.ts';
import { DetailList, Section } from '../../ui/page.tsx';

/** The settings of a job, with the server's defaults, and its deployed definition. */
export function DefinitionTab({ job }: { job: DetailedJobResponse }) {
  const text = JSON.stringify(job.job_definition, null, 2);
  return (
    <>
      <Section title="Settings">
        <DetailList items={listJobDetails(job)} />
      </Section>
      <Section title="Deployed definition" aside={<CopyText text={text} label="definition" />}>
        <CodeBlock className={classes.definition} text={text} language="json" label="Definition" />
      </Section>
    </>
  );
}
