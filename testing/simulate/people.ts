import type { ModelJob } from './model-job.ts';
import type { SentJob } from './jobs.ts';
import type { World } from './world.ts';
import { ServiceError } from '@pumphouse/server/platform/service-error.ts';
import { beginStep, clockOf, settle, withCrashes } from './world.ts';
import { changeJob, tagOf, webhookTrigger } from './jobs.ts';

const hourMs = 3_600_000;

/** Simulates users' actions in the workspace, one after the other. */
export async function act(world: World, number: number): Promise<void> {
  const { chance, model } = world;
  const about = `action ${number}`;
  const job = chance.pick([...model.jobs.values()], about, 'job');
  const kind = chance.fraction(about, 'kind');
  if (kind < 0.02) return deployAll(world, about);
  if (kind < 0.14) return deployChange(world, job, number);
  if (kind < 0.24) return takeOutOfService(world, job, about);
  if (kind < 0.42) return pause(world, job, about);
  if (kind < 0.48) return triggerGroup(world, job, about);
  if (kind < 0.58) return sendEvent(world, about);
  if (kind < 0.68) return triggerTag(world, about);
  return startByHand(world, job, about);
}

/** Deploys the whole workspace again, like CI: archived jobs return, except some that are left out. */
export async function deployAll(world: World, about: string): Promise<void> {
  const { chance, model } = world;
  const sent = model.jobs.size === 0 ? world.jobs : [...model.jobs.values()].map((job) => job.sent);
  const referred = new Set(sent.flatMap(listReferences));
  const isLeftOut = ({ job_ref: ref }: SentJob) =>
    model.jobs.size > 0 && !referred.has(ref) && chance.happens(0.02, about, 'leave out', ref);
  await deploy(
    world,
    about,
    sent.filter((job) => !isLeftOut(job)),
    true,
  );
}

async function deployChange(world: World, { sent, ref }: ModelJob, number: number): Promise<void> {
  const { chance, model } = world;
  const changed = changeJob(chance, sent, number);
  // The server rejects references to archived jobs.
  if (listReferences(changed).some((other) => model.get(other).isArchived)) return;
  await deploy(world, `deploy ${number} of ${ref}`, [changed], false);
}

async function deploy(
  world: World,
  about: string,
  sent: readonly SentJob[],
  isWhole: boolean,
): Promise<void> {
  const { site, model, habits, journal } = world;
  beginStep(world, `a user deploys ${isWhole ? 'everything' : about}`);
  journal.count('deploys');
  for (const { job_ref: ref } of isWhole ? [] : sent) journal.note(ref, 'is deployed anew');
  const request = {
    workspaceId: site.workspaceId,
    membershipId: site.membershipId,
    jobs: sent,
    deploymentModule: isWhole ? world.module : null,
    dryRun: false,
  };
  await withCrashes(world, about, (server) => server.deploy(request));
  const habitsOf = (ref: string) => habits.get(ref) ?? { isSlow: false, catchUp: 'one' as const };
  await settle(world, model.deploy(sent, { now: clockOf(world), isWhole, habitsOf }));
}

function listReferences({ triggers, freshness = [] }: SentJob): string[] {
  const followed = triggers.filter((trigger) => trigger.startsWith('job.'));
  return [...followed, ...freshness].map((text) => text.slice(text.indexOf(':') + 1));
}

async function takeOutOfService(world: World, job: ModelJob, about: string): Promise<void> {
  if (job.isArchived) return;
  beginStep(world, `a user archives ${job.ref}`);
  world.journal.note(job.ref, 'is archived');
  world.journal.count('archived');
  const context = scopeOf(world, job.ref);
  await withCrashes(world, about, (server) => server.switchJobs.archive(context));
  await settle(world, world.model.archive(job.ref));
  const at = world.time + world.chance.between(1, 150, about, 'until') * hourMs;
  world.queue.add({ at, name: `${about} end`, act: () => bringBack(world, job, about) });
}

async function bringBack(world: World, job: ModelJob, about: string): Promise<void> {
  if (!job.isArchived) return;
  beginStep(world, `a user brings back ${job.ref}`);
  world.journal.note(job.ref, 'is brought back');
  await withCrashes(world, `${about} end`, (server) => server.switchJobs.unarchive(scopeOf(world, job.ref)));
  world.model.unarchive(job.ref, clockOf(world));
  await settle(world, []);
}

async function pause(world: World, job: ModelJob, about: string): Promise<void> {
  const isScheduled = job.sent.triggers.some((trigger) => /^(schedule|every|once):/.test(trigger));
  if (job.isArchived || job.isPaused || !isScheduled) return;
  beginStep(world, `a user pauses ${job.ref}`);
  world.journal.note(job.ref, 'is paused');
  world.journal.count('paused');
  await withCrashes(world, about, (server) => server.switchJobs.pause(scopeOf(world, job.ref)));
  job.isPaused = true;
  await settle(world, []);
  const at = world.time + world.chance.between(1, 100, about, 'until') * hourMs;
  world.queue.add({ at, name: `${about} end`, act: () => resume(world, job, about) });
}

async function resume(world: World, job: ModelJob, about: string): Promise<void> {
  if (!job.isPaused) return;
  beginStep(world, `a user resumes ${job.ref}`);
  world.journal.note(job.ref, 'is resumed');
  await withCrashes(world, `${about} end`, (server) => server.switchJobs.resume(scopeOf(world, job.ref)));
  job.isPaused = false;
  await settle(world, []);
}

/** Starts one run manually or with its clock's trigger, occasionally as a refresh. */
async function startByHand(world: World, job: ModelJob, about: string): Promise<void> {
  const { chance, model, site, journal } = world;
  if (job.isArchived) return;
  const timed = job.sent.triggers.find((trigger) => /^(schedule|every):/.test(trigger));
  const other = chance.happens(0.3, about, 'event')
    ? chance.pick(job.sent.triggers, about, 'trigger')
    : undefined;
  const byHand = other ?? `manual:${job.ref}`;
  const trigger = timed !== undefined && chance.happens(0.4, about) ? timed : byHand;
  const refresh = chance.happens(0.15, about, 'refresh');
  const skipFreshness = chance.happens(0.2, about, 'skip freshness');
  const isOnlyWhenIdle = chance.happens(0.2, about, 'mode');
  beginStep(world, `a user starts ${job.ref} by ${trigger}${refresh ? ' with refresh' : ''}`);
  const request = {
    workspaceId: site.workspaceId,
    membershipId: site.membershipId,
    jobId: world.idOf(job.ref),
    trigger,
    profile: null,
    refresh,
    skipFreshness,
    mode: isOnlyWhenIdle ? ('when_not_running' as const) : ('always' as const),
  };
  const answer = await withCrashes(world, about, (server) => server.startRuns.createRun(request)).catch(
    (error: unknown) => {
      if (error instanceof ServiceError && error.code === 'start_declined') return error;
      throw error;
    },
  );
  if (isOnlyWhenIdle && job.active.size > 0) {
    if (answer instanceof ServiceError || answer.created)
      throw journal.violation(job.ref, 'a call for when it is idle was not given the run that is active');
    return settle(world, []);
  }
  const { expected, declined } = model.request([job.ref], () => trigger, {
    now: clockOf(world),
    refresh,
    skipFreshness,
  });
  const told = answer instanceof ServiceError ? (answer.extra as { status: string }).status : null;
  checkAnswer(world, job.ref, told, declined.get(job.ref));
  await settle(world, expected);
}

/** Sends a webhook, or deploys new code: listening jobs start. */
async function sendEvent(world: World, about: string): Promise<void> {
  const { chance, model, site, idOf } = world;
  const listens = ({ sent }: ModelJob) => sent.triggers.includes(webhookTrigger);
  const refs = drawSection(world, about, listens);
  if (refs.length === 0) return;
  const trigger = chance.pick([webhookTrigger, 'deployment:'], about, 'event');
  beginStep(world, `${trigger} comes to ${refs.join(', ')}`);
  world.journal.count('events from outside');
  const { workspaceId } = site;
  await withCrashes(world, about, (server) =>
    server.persistence.transaction(async (store) => {
      const jobs = await store.jobs.getMany(refs.map(idOf));
      const asked = { workspaceId, jobs: jobs.map((job) => ({ job, trigger })) };
      await server.startRuns.startForEvent(store, asked);
    }),
  );
  await settle(world, model.event(refs, trigger, clockOf(world)));
}

/** Triggers all jobs of a section that have its tag, by the tag. */
async function triggerTag(world: World, about: string): Promise<void> {
  const refs = drawSection(world, about, ({ sent }) => sent.expose !== undefined);
  if (refs[0] === undefined) return;
  const tag = `tag:${tagOf(refs[0])}`;
  await callFor(world, about, { selector: tag, refs, trigger: () => tag });
}

/** All jobs in service of a random section that has matching jobs. */
function drawSection(world: World, about: string, isWanted: (job: ModelJob) => boolean): string[] {
  const { chance, model } = world;
  const wanted = [...model.jobs.values()].filter(isWanted);
  if (wanted.length === 0) return [];
  const { ref } = chance.pick(wanted, about, 'section');
  return listSection(world, ref).filter((one) => isWanted(model.get(one)));
}

/** Triggers all jobs of a section in one call. */
async function triggerGroup(world: World, { ref }: ModelJob, about: string): Promise<void> {
  const section = ref.split('.').slice(0, 2).join('.');
  const refs = listSection(world, ref);
  await callFor(world, about, { selector: `${section}.*`, refs, trigger: defaultTrigger });
}

/** The jobs in service in the section of a job. */
function listSection({ model }: World, ref: string): string[] {
  const section = ref.split('.').slice(0, 2).join('.');
  return [...model.jobs.values()]
    .filter((job) => !job.isArchived && job.ref.startsWith(`${section}.`))
    .map((job) => job.ref);
}

async function callFor(
  world: World,
  about: string,
  call: { selector: string; refs: readonly string[]; trigger: (job: ModelJob) => string },
): Promise<void> {
  const { chance, model, site } = world;
  const { selector, refs } = call;
  const refresh = chance.happens(0.3, about, 'refresh');
  beginStep(world, `a user starts ${selector}${refresh ? ' with refresh' : ''}`);
  world.journal.count('calls for a group');
  const result = await withCrashes(world, about, (server) =>
    server.startRuns.trigger({
      workspaceId: site.workspaceId,
      membershipId: site.membershipId,
      jobIds: [],
      selectors: [selector],
      profile: null,
      refresh,
      dryRun: false,
    }),
  );
  const { expected, declined } = model.request(refs, call.trigger, {
    now: clockOf(world),
    refresh,
    skipFreshness: false,
  });
  const told = new Map(result.skipped.map(({ job, status }) => [job.jobRef, status]));
  for (const one of refs) checkAnswer(world, one, told.get(one) ?? null, declined.get(one));
  await settle(world, expected);
}

function checkAnswer(
  world: World,
  ref: string,
  told: string | null,
  declined: ReadonlySet<string> | undefined,
): void {
  const isRight = told === null ? declined === undefined : declined?.has(told) === true;
  if (isRight) return;
  const wanted = declined === undefined ? 'a start' : [...declined].join(' or ');
  throw world.journal.violation(ref, `a call was answered with ${told ?? 'a start'} in place of ${wanted}`);
}

function defaultTrigger({ sent, ref }: ModelJob): string {
  const timed = sent.triggers.find((trigger) => /^(schedule|every):/.test(trigger));
  const noEvent = sent.triggers.find((trigger) => !trigger.startsWith('job.'));
  return timed ?? noEvent ?? sent.triggers[0] ?? `manual:${ref}`;
}

function scopeOf({ site, idOf }: World, ref: string) {
  return { workspaceId: site.workspaceId, jobId: idOf(ref) };
}
