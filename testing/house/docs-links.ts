import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { repositoryFolder } from '../fixtures/server.ts';

/** Paths of the Markdown files that users read. */
export function listDocs(): string[] {
  const listed = execFileSync('git', ['ls-files', '*.md'], { cwd: repositoryFolder, encoding: 'utf8' });
  return listed.split('\n').filter((path) => /^(?:docs|examples)\/|^[A-Z]+\.md$/.test(path));
}

export function readDoc(path: string): string {
  return readFileSync(join(repositoryFolder, path), 'utf8');
}

/** Lists links of a page to files, folders or headings that do not exist. */
export function findBrokenLinks(path: string): string[] {
  return listTargets(readDoc(path)).filter((target) => {
    const [file = '', anchor] = target.split('#', 2);
    const full = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file));
    if (!existsSync(join(repositoryFolder, full))) return true;
    return anchor !== undefined && full.endsWith('.md') && !listAnchors(readDoc(full)).has(anchor);
  });
}

/** Relative targets of inline links and pictures outside code. */
function listTargets(markdown: string): string[] {
  const text = withoutFences(markdown).replaceAll(/`[^`\n]*`/g, '``');
  const targets = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Anchors of headings, as GitHub forms them. */
function listAnchors(markdown: string): Set<string> {
  const headings = [...withoutFences(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => text);
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^( *)(```|~~~)[^]*?^\1\2$/gm, '');
}
