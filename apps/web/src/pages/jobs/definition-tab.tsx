import classes from './job.module.css';
import { CopyText } from '../../ui/copy-text.tsx';
import { Section } from '../../ui/page.tsx';

/** The deployed definition of a job. */
export function DefinitionTab({ definition }: { definition: object }) {
  const text = JSON.stringify(definition, null, 2);
  return (
    <Section title="Deployed definition" aside={<CopyText text={text} label="definition" />}>
      <pre className={classes.definition} tabIndex={0} aria-label="Definition">
        {text}
      </pre>
    </Section>
  );
}
