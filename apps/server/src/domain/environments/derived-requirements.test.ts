import { describe, expect, it } from 'vitest';
import { buildInstallSet, readRequirementsManifest } from './requirements.ts';
import { deriveRequirements, type DependencyFiles } from './derived-requirements.ts';

function install(files: DependencyFiles, launcher = 'dlt._workspace.deployment.launchers.module') {
  return buildInstallSet(readRequirementsManifest(deriveRequirements(files)), [], launcher);
}

describe('deriveRequirements', () => {
  it('installs the lines of requirements.txt', () => {
    const requirements = ['dlt[duckdb]==1.27.0', 'requests>=2,<3'];
    expect(install({ requirements }).requirements).toEqual(['croniter', ...requirements]);
  });

  it('prefers pyproject.toml, with its dependency groups', () => {
    const pyproject = {
      project: { dependencies: ['dlt==1.27.0'] },
      'dependency-groups': { reports: ['polars', { 'include-group': 'Plots_all' }], 'plots-all': ['altair'] },
    };
    const manifest = readRequirementsManifest(deriveRequirements({ pyproject, requirements: ['requests'] }));
    expect(manifest.groups).toMatchObject({ main: ['dlt==1.27.0'], reports: ['altair', 'polars'] });
  });

  it('installs dlt also for a workspace that declares nothing', () => {
    expect(install({}).requirements).toEqual(['croniter', expect.stringMatching(/^dlt==/)]);
  });

  it('takes the version of Python from .python-version', () => {
    expect(install({ pythonVersion: '3.11.4\n' })).toMatchObject({
      pythonVersion: '3.11',
      requiresPython: undefined,
    });
  });

  it('leaves the version of Python to the server if the code names none', () => {
    expect(install({}).requiresPython).toBe('>=3.10');
    const pyproject = { project: { 'requires-python': '>=3.11,<3.13' } };
    expect(install({ pyproject }).requiresPython).toBe('>=3.11,<3.13');
  });

  it('raises a dlt without the modules that start jobs', () => {
    const { requirements, raised } = install({ requirements: ['dlt[duckdb]==1.24.0'] });
    expect(requirements).toEqual(['croniter', 'dlt[duckdb]==1.26.0']);
    expect(raised).toEqual([{ line: 'dlt[duckdb]==1.24.0', raisedTo: 'dlt[duckdb]==1.26.0' }]);
  });

  it('adds what the launchers of apps need', () => {
    const { requirements } = install({}, 'dlt._workspace.deployment.launchers.streamlit');
    expect(requirements).toContain('streamlit');
  });

  it.each([{ pyproject: 7 }, { pyproject: { project: 'x', 'dependency-groups': [] } }])(
    'is empty for %j',
    (files) => expect(install(files).requirements).toHaveLength(2),
  );
});
