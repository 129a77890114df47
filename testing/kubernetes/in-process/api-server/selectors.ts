import type { KubeObject } from './kube-object.ts';
import { badRequest } from './status-error.ts';

export type ObjectFilter = (object: KubeObject) => boolean;

/** Parses the query's `labelSelector`: equality, in, notin, exists and its negation, joined by commas. */
export function parseLabelSelector(selector: string): ObjectFilter {
  const tests = splitOutsideParentheses(selector).map(parseRequirement);
  return ({ metadata: { labels = {} } }) => tests.every((test) => test(labels));
}

type LabelTest = (labels: Record<string, string>) => boolean;

const labelKey = String.raw`[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?`;
const setRequirement = new RegExp(String.raw`^(${labelKey})\s+(in|notin)\s*\(([^)]*)\)$`);
const equalityRequirement = new RegExp(String.raw`^(${labelKey})\s*(==|=|!=)\s*([\w.-]*)$`);
const existence = new RegExp(String.raw`^(!?)\s*(${labelKey})$`);

function parseRequirement(text: string): LabelTest {
  const [, setKey, operator, list] = setRequirement.exec(text) ?? [];
  if (setKey !== undefined && list !== undefined) {
    const values = new Set(list.split(',').map((value) => value.trim()));
    const isIn = (labels: Record<string, string>) => values.has(labels[setKey] ?? '') && setKey in labels;
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const [, key, comparison, value] = equalityRequirement.exec(text) ?? [];
  if (key !== undefined) {
    return comparison === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const [, negation, name] = existence.exec(text) ?? [];
  if (name !== undefined) return (labels) => name in labels === (negation === '');
  throw badRequest(`found '${text}', expected: !, identifier, or 'end of string'`);
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** A selector in an object: `{ matchLabels, matchExpressions }`. Empty matches everything. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export function matchesLabelSelector(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Record<string, string> = {},
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const isThere = key in labels;
      if (operator === 'Exists') return isThere;
      if (operator === 'DoesNotExist') return !isThere;
      const isIn = isThere && values.includes(labels[key] ?? '');
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

/** Fields that Kubernetes can select by, apart from the name and the namespace. */
const selectableFields: Record<string, string[]> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Secret: ['type'],
  Node: ['spec.unschedulable'],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.fieldPath',
    'reason',
    'source',
    'type',
    'reportingComponent',
  ],
  Namespace: ['status.phase'],
  Service: ['spec.clusterIP', 'spec.type'],
};

/** Parses the query's `fieldSelector` for objects of a kind. */
export function parseFieldSelector(kind: string, selector: string): ObjectFilter {
  const allowed = ['metadata.name', 'metadata.namespace', ...(selectableFields[kind] ?? [])];
  const tests = selector
    .split(',')
    .filter(Boolean)
    .map((term) => {
      const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term.trim()) ?? [];
      if (operator === undefined) {
        throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
      }
      if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object: KubeObject) => (readField(object, field) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

function readField(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Record<string, unknown>)[part];
  }
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
