import { knownBadCombinations } from '@pumphouse/contract';
import classes from './first-steps.module.css';
import { CodeText } from '../../ui/code-text.tsx';

/** Packages of `dlt[duckdb]` that occur in the list of known-bad combinations. */
const installed = new Set(['dlt', 'duckdb', 'sqlglot']);

/** Incompatible versions that the first run may install, each with the requirement that fixes it. */
export function FirstRunWarnings() {
  const combinations = knownBadCombinations.filter(({ packages }) =>
    Object.keys(packages).every((name) => installed.has(name)),
  );
  return (
    <details className={classes.warnings}>
      <summary>Incompatible versions</summary>
      <ul>
        {combinations.map(({ packages, where, what, pin }) => (
          <li key={pin}>
            <code>
              {Object.entries(packages)
                .map(([name, range]) => `${name}${range}`)
                .join(' with ')}
            </code>
            : affects <CodeText text={where} />. There, <CodeText text={what} />. Add <code>{pin}</code> to{' '}
            <code>requirements.txt</code>.
          </li>
        ))}
      </ul>
      <p>The run page warns you if the environment has such versions. Pumphouse never changes them.</p>
    </details>
  );
}
