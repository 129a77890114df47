import { chooseRequestedPython, expandGroups } from '@pumphouse/contract';
import type { RequirementsClient } from './choose-python.ts';
import { isPlainObject } from '../primitives/plain-object.ts';

/** Files of the code that declare its dependencies; absent files are undefined. */
export interface DependencyFiles {
  /** The parsed `pyproject.toml`. */
  pyproject?: unknown;
  /** The lines of `requirements.txt`, or else of `requirements.in`. */
  requirements?: string[] | undefined;
  /** The text of `.python-version`. */
  pythonVersion?: string | undefined;
}

/** What launchers need, as dlt 1.26 lists it; without its packages for S3 and the proprietary one. */
const launcherRequirements = {
  'dlt._workspace.deployment.launchers.dashboard': ['croniter'],
  'dlt._workspace.deployment.launchers.job': ['croniter'],
  'dlt._workspace.deployment.launchers.marimo': ['croniter', 'marimo', 'uvicorn'],
  'dlt._workspace.deployment.launchers.mcp': ['croniter', 'fastmcp', 'uvicorn'],
  'dlt._workspace.deployment.launchers.module': ['croniter'],
  'dlt._workspace.deployment.launchers.streamlit': ['croniter', 'streamlit'],
};

/** The dependency group of the workspace dashboard, and its content in dlt 1.26. */
const dashboardGroup = {
  'jobs.workspace.dashboard': ['ibis-framework', 'marimo', 'numpy', 'pandas', 'pyarrow', 'uvicorn'],
};

/**
 * Derives the requirements manifest of an upload without one, by the rule of dlt 1.26: `pyproject.toml`, else
 * `requirements.txt`, else `requirements.in`. Versions stay as declared. Code that names no Python gets one when its
 * environment is built, where it is known which are installed.
 * @throws RequirementFileError
 */
export function deriveRequirements(files: DependencyFiles): Record<string, unknown> {
  const { pyproject, requirements = [], pythonVersion = '' } = files;
  const groups = pyproject === undefined ? { main: requirements } : readPyproject(pyproject);
  return {
    engine_version: 1,
    client: 'dlt-runtime<0.26' satisfies RequirementsClient,
    ...chooseRequestedPython(pyproject, pythonVersion),
    default_groups: ['main'],
    groups: { ...dashboardGroup, ...groups },
    launcher_requirements: launcherRequirements,
  };
}

function readPyproject(pyproject: unknown): Record<string, string[]> {
  const { project, 'dependency-groups': groups } = asObject(pyproject);
  return { ...expandGroups(asObject(groups)), main: textsOf(asObject(project)['dependencies']) };
}

function asObject(value: unknown): Record<string, unknown> {
  return isPlainObject(value) ? value : {};
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : [];
}
