import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, authorize, reviewAccess, type Caller } from './access.ts';
import type { ClusterState } from './cluster-state.ts';
import { createObject, type NewObject } from './create-object.ts';
import { deleteObject, type DeleteOptions } from './delete-object.ts';
import { discover } from './discovery.ts';
import { disruptPod } from './evict-pod.ts';
import { parseJson, readBody, sendError, sendJson, sendText, toItemJson, toJson } from './http-exchange.ts';
import type { KubeObject } from './kube-object.ts';
import type { ObjectList, ObjectLister } from './list-objects.ts';
import { applyJsonPatch } from './patches/json-patch.ts';
import { applyMergePatch } from './patches/merge-patch.ts';
import { applyStrategicMergePatch } from './patches/strategic-merge-patch.ts';
import type { PodActions } from './pod-actions.ts';
import { parseLogOptions } from './pod-log.ts';
import type { Pod } from './pods/pod.ts';
import { isTrue, parseTarget, verbOf, type RequestTarget } from './request-target.ts';
import { parseFieldSelector, parseLabelSelector, type ObjectFilter } from './selectors.ts';
import { badRequest, methodNotAllowed, noSuchResource, unsupportedMediaType } from './status-error.ts';
import { updateObject } from './update-object.ts';
import type { WatchResponses } from './watch-response.ts';

/** What requests are answered from. */
export interface RequestContext {
  state: ClusterState;
  lister: ObjectLister;
  watches: WatchResponses;
  callers: Map<string, Caller>;
  podActions: PodActions;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  body: string;
}

/** Answers one request. Never throws: errors become Status objects. */
export async function handleRequest(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await readBody(request);
    const caller = authenticate(request.headers.authorization, context.callers);
    await answer(context, caller, { request, response, query: url.searchParams, body }, url.pathname);
  } catch (error) {
    sendError(response, error);
  }
}

async function answer(
  context: RequestContext,
  caller: Caller,
  exchange: Exchange,
  path: string,
): Promise<void> {
  const { request, response, query, body } = exchange;
  const page = request.method === 'GET' ? discover(path) : undefined;
  if (typeof page === 'string') return sendText(response, 200, page);
  if (page !== undefined) return sendJson(response, 200, JSON.stringify(page));
  if (path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' && request.method === 'POST')
    return sendJson(response, 201, JSON.stringify(reviewAccess(caller, parseJson(body) as object)));
  const target = parseTarget(path);
  if (target === null) {
    const [group] = /^\/api\/v1(?=\/)|^\/apis\/[^/]+\/v1(?=\/)/.exec(path) ?? [];
    // A group that the server has answers itself.
    if (group !== undefined && discover(group) !== undefined) throw noSuchResource();
    return sendText(response, 404, '404 page not found\n');
  }
  const verb = verbOf(request.method ?? '', target, query);
  if (verb === undefined) throw methodNotAllowed();
  const { type, namespace, name, subresource } = target;
  const resource = subresource === undefined ? type.resource : `${type.resource}/${subresource}`;
  authorize(caller, { verb, group: type.group, resource, namespace }, { type, name });
  if (query.has('dryRun')) throw badRequest('This server for tests has no dry runs.');
  await answers[verb]?.(context, target, exchange);
}

type Answer = (context: RequestContext, target: RequestTarget, exchange: Exchange) => void | Promise<void>;

const answers: Record<string, Answer> = {
  get: answerGet,
  list: answerList,
  watch: answerWatch,
  create: answerCreate,
  update: answerUpdate,
  patch: answerPatch,
  delete: answerDelete,
  deletecollection: answerDeleteCollection,
};

function answerGet(context: RequestContext, target: RequestTarget, exchange: Exchange): void | Promise<void> {
  const object = context.state.store.get(target.type, target.namespace, target.name);
  if (target.subresource === 'log') return answerLog(context, object as Pod, exchange);
  sendJson(exchange.response, 200, toJson(object));
}

async function answerLog({ podActions }: RequestContext, pod: Pod, { response, query }: Exchange) {
  const log = await podActions.readLog(pod, parseLogOptions(pod, query));
  response.writeHead(200, { 'content-type': 'text/plain' });
  if (typeof log === 'string') {
    response.end(log);
    return;
  }
  response.flushHeaders();
  response.on('close', () => log.destroy());
  log.on('error', () => response.destroy());
  log.pipe(response);
}

interface Selection {
  matches: ObjectFilter;
  isSelective: boolean;
}

function readSelection({ type, name }: RequestTarget, query: URLSearchParams): Selection {
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''];
  const byLabel = parseLabelSelector(labels);
  const byField = parseFieldSelector(type.kind, fields);
  const byName = (object: KubeObject) => name === '' || object.metadata.name === name;
  return {
    matches: (object) => byName(object) && byLabel(object) && byField(object),
    isSelective: labels !== '' || fields !== '',
  };
}

function answerList({ lister }: RequestContext, target: RequestTarget, { response, query }: Exchange): void {
  const list = lister.list(target.type, {
    namespace: target.namespace,
    ...readSelection(target, query),
    limit: readLimit(query),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
  });
  sendList(response, list);
}

function sendList(response: ServerResponse, { items, ...head }: ObjectList): void {
  // The items' JSON is kept, so that a page of a long list costs little.
  const text = JSON.stringify({ ...head, items: [] });
  sendJson(response, 200, `${text.slice(0, -2)}${items.map(toItemJson).join(',')}]}`);
}

/** @throws StatusError 400 */
function readLimit(query: URLSearchParams): number {
  const text = query.get('limit') ?? '';
  if (/^-?\d*$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
}

function answerWatch(
  { watches }: RequestContext,
  target: RequestTarget,
  { response, query }: Exchange,
): void {
  const options = {
    namespace: target.namespace,
    matches: readSelection(target, query).matches,
    resourceVersion: query.get('resourceVersion') ?? '',
    allowsBookmarks: isTrue(query.get('allowWatchBookmarks') ?? 'false'),
  };
  // Without a limit, Kubernetes ends a watch after 30 to 60 minutes.
  const timeoutSeconds = Number(query.get('timeoutSeconds') ?? 1800);
  watches.serve(response, { type: target.type, options, timeoutSeconds });
}

function answerCreate({ state }: RequestContext, target: RequestTarget, { response, body }: Exchange): void {
  const { type, namespace, name, subresource } = target;
  const sent = parseJson(body) as NewObject;
  if (subresource === 'eviction') {
    const pod = state.store.get(type, namespace, name) as Pod;
    const options = (sent?.['deleteOptions'] ?? {}) as DeleteOptions;
    disruptPod(state, pod, { reason: 'EvictionByEvictionAPI', options });
    const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
    return sendJson(response, 201, JSON.stringify(success));
  }
  if (name !== '') throw methodNotAllowed();
  const created = createObject(state, type, { ...(namespace !== undefined && { namespace }), body: sent });
  sendJson(response, 201, toJson(created));
}

function answerUpdate({ state }: RequestContext, target: RequestTarget, { response, body }: Exchange): void {
  const sent = parseJson(body);
  const updated = updateObject(state, target.type, { address: target, change: () => sent });
  sendJson(response, 200, toJson(updated));
}

const patchTypes: Record<string, (target: unknown, patch: unknown) => unknown> = {
  'application/json-patch+json': applyJsonPatch,
  'application/merge-patch+json': applyMergePatch,
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
};

function answerPatch(
  { state }: RequestContext,
  target: RequestTarget,
  { request, response, body }: Exchange,
): void {
  const [contentType = ''] = (request.headers['content-type'] ?? '').split(';');
  const apply = patchTypes[contentType.trim()];
  if (apply === undefined) throw unsupportedMediaType();
  const patch = parseJson(body);
  const updated = updateObject(state, target.type, {
    address: target,
    change: (current) => apply(current, patch),
  });
  sendJson(response, 200, toJson(updated));
}

function readDeleteOptions({ query, body }: Exchange): DeleteOptions {
  const sent = (parseJson(body) ?? {}) as DeleteOptions;
  const seconds = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  return {
    ...sent,
    ...(seconds !== null && { gracePeriodSeconds: Number(seconds) }),
    ...(policy !== null && { propagationPolicy: policy }),
  };
}

function answerDelete({ state }: RequestContext, target: RequestTarget, exchange: Exchange): void {
  const { type, namespace, name } = target;
  const current = state.store.get(type, namespace, name);
  const { object, isGone } = deleteObject(state, type, { current, options: readDeleteOptions(exchange) });
  if (!isGone || type.returnsDeleted) return sendJson(exchange.response, 200, toJson(object));
  const { uid } = current.metadata;
  const details = { name, ...(type.group !== '' && { group: type.group }), kind: type.resource, uid };
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  sendJson(exchange.response, 200, JSON.stringify(success));
}

function answerDeleteCollection(
  { state, lister }: RequestContext,
  target: RequestTarget,
  exchange: Exchange,
): void {
  const { type, namespace } = target;
  const options = readDeleteOptions(exchange);
  const list = lister.list(type, {
    namespace,
    ...readSelection(target, exchange.query),
    limit: readLimit(exchange.query),
    continueToken: '',
    resourceVersion: '',
  });
  for (const current of list.items) deleteObject(state, type, { current, options });
  sendList(exchange.response, list);
}
