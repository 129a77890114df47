import { Fragment } from 'react';
import { useQuery } from '@tanstack/react-query';
import classes from './package-warnings.module.css';
import { CodeText } from '../../ui/code-text.tsx';
import { Notice } from '../../ui/notice.tsx';
import { runTimeline, type RunParams } from './run-queries.ts';

/**
 * Warns about incompatible packages in the environment of a run: one line with the requirements to add, which
 * expands to the details.
 */
export function PackageWarnings({ params }: { params: RunParams }) {
  const { data } = useQuery(runTimeline(params));
  const warnings = data?.package_warnings ?? [];
  if (warnings.length === 0) return null;
  const cautions = [...new Set(warnings.flatMap(({ caution }) => caution ?? []))];
  const pins = [...new Set(warnings.map(({ pin }) => pin))];
  return (
    <Notice>
      <details className={classes.warnings}>
        <summary>
          Some installed packages are incompatible. Add{' '}
          {pins.map((pin, index) => (
            <Fragment key={pin}>
              {index > 0 && ' and '}
              <code>{pin}</code>
            </Fragment>
          ))}{' '}
          to your requirements and deploy again.
          {cautions.map((caution) => (
            <Fragment key={caution}>
              {' '}
              <CodeText text={caution} />
            </Fragment>
          ))}
        </summary>
        <ul>
          {warnings.map(({ packages, affected, effect, pin }) => (
            <li key={pin + affected}>
              {packages.join(' and ')}: affects <CodeText text={affected} />. There,{' '}
              <CodeText text={effect} />.
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}
