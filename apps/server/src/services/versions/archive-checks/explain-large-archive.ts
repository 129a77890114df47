import type { ArchiveSurvey } from '../../../archives/survey-archive.ts';
import { ArchiveTooLargeError, quoteName, type ArchiveLimitName } from '../../../archives/archive-error.ts';
import { surveyArchive } from '../../../archives/survey-archive.ts';
import { formatBytes } from '../../../domain/primitives/format-bytes.ts';
import { ServiceError } from '../../../platform/service-error.ts';

/** Settings that raise a limit; the other limits are fixed. */
const settingOf: Partial<Record<ArchiveLimitName, string>> = {
  bytes: 'PUMPHOUSE_MAX_UPLOAD_MB',
  unpackedBytes: 'PUMPHOUSE_MAX_UNPACKED_MB',
};

const shownCount = 5;
const maxSurveyMilliseconds = 5000;

export interface LargeArchive {
  /** The received part of the archive. */
  path: string;
  maxUnpackedBytes: number;
  maxEntries: number;
}

/**
 * Explains why a code archive exceeds a limit: the limit, its setting, what takes the space, and how to
 * exclude it.
 */
export async function explainLargeArchive(
  error: ArchiveTooLargeError,
  { path, maxUnpackedBytes, maxEntries }: LargeArchive,
): Promise<ServiceError> {
  const bounds = { shownCount, maxUnpackedBytes, maxEntries, maxMilliseconds: maxSurveyMilliseconds };
  const survey = await surveyArchive(path, bounds);
  const setting = settingOf[error.limit];
  const raise = setting === undefined ? '' : `, or raise ${setting} on the server`;
  const advice = `List files that no run needs in .gitignore (such as .git, .venv and data files)${raise}.`;
  const detail = [error.message, describeSurvey(error.limit, survey), advice].filter(Boolean).join(' ');
  return new ServiceError('upload_too_large', detail, [{ key: 'file', message: error.message }]);
}

/**
 * Creates the error for an archive that was received only up to the limit.
 * @param declaredBytes size of the whole request, or null
 */
export function exceedUploadLimit(maxBytes: number, declaredBytes: number | null): ArchiveTooLargeError {
  const size = declaredBytes !== null && declaredBytes > maxBytes ? formatBytes(declaredBytes) : null;
  const limit = formatBytes(maxBytes);
  return new ArchiveTooLargeError(
    'bytes',
    size === null || size === limit
      ? `The archive has more than ${limit}, the limit of this server.`
      : `The upload has ${size}; the limit of this server is ${limit}.`,
  );
}

function describeSurvey(limit: ArchiveLimitName, { largestFiles, fullestFolders }: ArchiveSurvey): string {
  const countsFiles = limit === 'files' || limit === 'manifest';
  if (countsFiles && fullestFolders.length > 0)
    return `Most files are in ${fullestFolders.map((each) => `${quoteName(each.path)} (${each.fileCount})`).join(', ')}.`;
  if (largestFiles.length === 0) return '';
  const files = largestFiles.map((each) => `${quoteName(each.path)} (${formatBytes(each.sizeBytes)})`);
  return `The largest files of what was read: ${files.join(', ')}.`;
}
