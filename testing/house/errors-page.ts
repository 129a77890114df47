import { join } from 'node:path';
import { errorCodes } from '@pumphouse/contract';
import { repositoryFolder } from '../fixtures/server.ts';
import { runFailures } from '@pumphouse/server/domain/runs/run-failures.ts';

export const errorsPagePath = join(repositoryFolder, 'docs/operate/errors.md');

interface Entry {
  status?: number;
  cause: string;
  nextStep: string;
  /** False for a failure that a retry cannot fix. */
  mayPass?: boolean;
}

/** Rewrites the page's two lists from the code; the text around them stays. */
export function writeErrorsPage(page: string): string {
  return replaceList(replaceList(page, 'answers', errorCodes), 'run failures', runFailures);
}

function replaceList(page: string, name: string, entries: Record<string, Entry>): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs:errors -->\n`, `<!-- end of ${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`docs/operate/errors.md has lost the marks of the list "${name}"`);
  const list = Object.entries(entries).map(writeEntry).join('');
  return `${page.slice(0, from)}${begin}\n${list}${page.slice(to)}`;
}

/** Each code has a heading, so that it has a URL: `errors.md#exit_code`. */
function writeEntry([code, { status, cause, nextStep, mayPass = true }]: [string, Entry]): string {
  const answered = status === undefined ? '' : `Status ${status}. `;
  const lasting = mayPass ? '' : ' It is never retried automatically.';
  return `### \`${code}\`\n\n${answered}${cause}${lasting}\n\nNext: ${nextStep}\n\n`;
}
