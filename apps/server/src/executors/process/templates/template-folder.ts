/** The folders of templates: who uses them, and which are left over. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { describeResolver } from '../isolated-network.ts';
import { buildUserFiles } from '../sandbox.ts';
import { isLocalProcessAlive, readBootId } from '../../../platform/process-identity.ts';
import { templateFiles } from './template-plan.ts';

const ownerSchema = z.object({ pid: z.int(), startTime: z.number(), bootId: z.string() });
export type TemplateOwner = z.infer<typeof ownerSchema>;

const OWNER_FILE = 'server.json';

export function locateTemplates(dataDir: string): string {
  return join(dataDir, 'templates');
}

/** Creates the folder of a template, which only the server's user can enter. */
export async function createTemplateFolder(
  dataDir: string,
  name: string,
  { owner, uid, gid }: { owner: TemplateOwner; uid: number; gid: number },
): Promise<string> {
  const folder = join(locateTemplates(dataDir), name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  const users = buildUserFiles(uid, gid);
  await writeFile(join(folder, templateFiles.passwd), users.passwd, { mode: 0o644 });
  await writeFile(join(folder, templateFiles.group), users.group, { mode: 0o644 });
  await writeFile(join(folder, templateFiles.resolver), describeResolver(), { mode: 0o644 });
  return folder;
}

export interface ListedTemplate {
  name: string;
  /** Whether the server that started the template runs. Its keeper ends with it. */
  isLive: boolean;
}

export async function listTemplates(dataDir: string): Promise<ListedTemplate[]> {
  const names = await readdir(locateTemplates(dataDir)).catch(() => []);
  return Promise.all(names.map(async (name) => ({ name, isLive: await isInUse(dataDir, name) })));
}

async function isInUse(dataDir: string, name: string): Promise<boolean> {
  const path = join(locateTemplates(dataDir), name, OWNER_FILE);
  try {
    const owner = ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return owner.bootId === readBootId() && isLocalProcessAlive(owner);
  } catch {
    return false;
  }
}
