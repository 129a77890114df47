/** When templates start and end. Pure. */

export const templateRules = {
  /** A template starts with this many starts of a key within the window. */
  startsBeforeTemplate: 2,
  windowMs: 3_600_000,
  maxIdleMs: 600_000,
  /** Packages of an environment could collect what they see of runs, so a template is not kept for ever. */
  maxAgeMs: 3_600_000,
  maxRuns: 500,
  /** How long after a failed start the next one is tried. */
  retryMs: 600_000,
  /** The memory of a template that was not measured yet. */
  estimatedBytes: 96 * 1024 * 1024,
} as const;

export interface TemplateUse {
  startedAtMs: number;
  lastUsedAtMs: number;
  runs: number;
  memoryBytes: number;
  /** Identifies the files of the machine that the template has seen; see `readMachineSignature`. */
  signature: string;
}

/** Keeps the starts of a key that count, with the one of now. */
export function addStart(earlierMs: readonly number[], nowMs: number): number[] {
  const recent = earlierMs.filter((atMs) => atMs > nowMs - templateRules.windowMs);
  return [...recent, nowMs].slice(-templateRules.startsBeforeTemplate);
}

export function deservesTemplate(startsMs: readonly number[]): boolean {
  return startsMs.length >= templateRules.startsBeforeTemplate;
}

/** Whether a template must not serve another run. */
export function isWornOut(use: TemplateUse, nowMs: number, signature: string): boolean {
  return (
    use.signature !== signature ||
    use.runs >= templateRules.maxRuns ||
    nowMs - use.startedAtMs >= templateRules.maxAgeMs ||
    nowMs - use.lastUsedAtMs >= templateRules.maxIdleMs
  );
}

/**
 * Chooses the templates to end so that the others fit into the memory: the least recently used ones.
 * @param reservedBytes for a template that is about to start
 */
export function chooseEvicted<Template extends TemplateUse>(
  templates: readonly Template[],
  maxBytes: number,
  reservedBytes = 0,
): Template[] {
  const newestFirst = templates.toSorted((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
  let usedBytes = reservedBytes;
  return newestFirst.filter((template) => {
    usedBytes += template.memoryBytes;
    return usedBytes > maxBytes;
  });
}
