import type {
  CodeFileComparisonResponse,
  ConfigurationComparisonResponse,
  ConfigurationFileComparisonResponse,
  DeploymentComparisonResponse,
} from '@pumphouse/contract';
import type {
  CodeFileComparison,
  ConfigurationFileComparison,
  FilesComparison,
} from '../../services/versions/compare-versions.ts';
import type { ConfigurationRecord, DeploymentRecord, PackageFile } from '../../store/records.ts';
import type { FileChange } from '../../domain/versions/compare-files.ts';
import type { TextHunk, TextLine } from '../../domain/versions/compare-texts.ts';

interface Version {
  id: string;
  version: number;
}

export function toDeploymentComparison(
  compared: FilesComparison<DeploymentRecord> & { requirementsChanged: boolean },
  options: { include_unchanged: boolean },
): DeploymentComparisonResponse {
  return {
    ...toVersions(compared),
    counts: compared.counts,
    requirements_changed: compared.requirementsChanged,
    files: chooseFiles(compared.files, options).map(toCodeFileChange),
  };
}

export function toConfigurationComparison(
  compared: FilesComparison<ConfigurationRecord>,
  options: { include_unchanged: boolean },
): ConfigurationComparisonResponse {
  return {
    ...toVersions(compared),
    counts: compared.counts,
    files: chooseFiles(compared.files, options).map(toConfigurationFileChange),
  };
}

export function toCodeFileComparison(compared: CodeFileComparison): CodeFileComparisonResponse {
  return {
    ...toVersions(compared),
    file: toCodeFileChange(compared.file),
    outcome: compared.outcome,
    hunks: compared.hunks.map(toHunk),
  };
}

export function toConfigurationFileComparison(
  compared: ConfigurationFileComparison,
): ConfigurationFileComparisonResponse {
  const { comparison } = compared;
  return {
    ...toVersions(compared),
    file: toConfigurationFileChange(compared.file),
    outcome: comparison.outcome,
    settings: comparison.outcome === 'compared' ? comparison.settings : [],
  };
}

function toVersions({ base, target }: { base: Version | null; target: Version }) {
  return { base: base && toVersion(base), target: toVersion(target) };
}

function toVersion({ id, version }: Version) {
  return { id, version };
}

function chooseFiles(files: readonly FileChange[], options: { include_unchanged: boolean }): FileChange[] {
  return files.filter((file) => options.include_unchanged || file.change !== 'unchanged');
}

function toCodeFileChange({ path, change, before, after }: FileChange) {
  return { path, change, before: before && toCodeFile(before), after: after && toCodeFile(after) };
}

function toCodeFile({ size_bytes, sha3_256, linkname }: PackageFile) {
  return { size_bytes, sha3_256, linkname: linkname ?? null };
}

/** Leaves out size and hash, which could reveal a short secret. */
function toConfigurationFileChange({ path, change }: FileChange) {
  return { path, change };
}

export function toHunk({ oldStart, oldLines, newStart, newLines, lines }: TextHunk) {
  return {
    old_start: oldStart,
    old_lines: oldLines,
    new_start: newStart,
    new_lines: newLines,
    lines: lines.map(toLine),
  };
}

function toLine({ kind, oldNumber, newNumber, text, noNewlineAtEnd }: TextLine) {
  return {
    kind,
    old_number: oldNumber,
    new_number: newNumber,
    text,
    no_newline_at_end: noNewlineAtEnd,
  };
}
