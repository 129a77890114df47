// `npm run images -- 3.13 3.12`: builds runner images; docs/operate/runner-images.md
import { parseArgs } from 'node:util';
import { defaultRunnerImage } from '../../apps/server/src/executors/docker/names.ts';
import { debianMinors, importDebianBase } from './debian-base.ts';
import { callEngine, defaultEngine, type EngineCommand, type EngineKind } from './engine-command.ts';
import { buildRunnerImage, pythonMinors } from './runner-image.ts';

const usage = `npm run images -- [options] PYTHON...      PYTHON: ${pythonMinors.join(' ')}

  --engine podman|docker   which engine builds (default: docker, else podman)
  --name NAME              name of the images, with {python} in it (default: ${defaultRunnerImage})
  --base NAME              image to start from, with {python} in it (default: docker.io/library/python:{python}-slim)
  --debian                 start from Debian's packages, and pull nothing (as root on Debian; Python ${debianMinors.join(' or ')})
  --ca-bundle FILE         PEM certificates to trust in place of the base's
`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      engine: { type: 'string' },
      name: { type: 'string', default: defaultRunnerImage },
      base: { type: 'string' },
      debian: { type: 'boolean', default: false },
      'ca-bundle': { type: 'string' },
    },
  });
  const unknown = positionals.filter((python) => !pythonMinors.includes(python));
  if (positionals.length === 0) throw new Error('Which Python? Name at least one.');
  if (unknown.length > 0) throw new Error(`There is no runner image for Python ${unknown.join(', ')}.`);
  if (positionals.length > 1 && !values.name.includes('{python}'))
    throw new Error('Several images need several names: put {python} into --name.');
  return { ...values, pythons: positionals };
}

async function findEngine(wanted: string | undefined): Promise<EngineCommand> {
  if (wanted !== undefined && wanted !== 'podman' && wanted !== 'docker')
    throw new Error(`There is no engine ${wanted}: give podman or docker.`);
  const kinds: EngineKind[] = wanted === undefined ? ['docker', 'podman'] : [wanted];
  for (const kind of kinds) {
    try {
      await callEngine(defaultEngine(kind), ['info']);
      return defaultEngine(kind);
    } catch {
      continue;
    }
  }
  throw new Error(`No container engine answers to ${kinds.join(' or ')} info: install or start one.`);
}

type Wishes = ReturnType<typeof readArguments>;

async function main({ engine: wanted, name, base, debian, 'ca-bundle': caBundle, pythons }: Wishes) {
  const engine = await findEngine(wanted);
  for (const python of pythons) {
    const image = name.replaceAll('{python}', python);
    const start = debian
      ? await importDebianBase(engine, python)
      : (base?.replaceAll('{python}', python) ?? null);
    await buildRunnerImage(engine, { python, name: image, base: start, caBundle: caBundle ?? null });
    process.stdout.write(`${image}\n`);
  }
}

function giveUp(error: unknown, hint: string): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${hint}`);
  process.exit(1);
}

let wishes: Wishes;
try {
  wishes = readArguments();
} catch (error) {
  giveUp(error, `\n${usage}`);
}
await main(wishes).catch((error: unknown) => giveUp(error, ''));
