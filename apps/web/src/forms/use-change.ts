import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import {
  placeProblems,
  readFieldProblems,
  type FieldProblem,
  type ProblemsByField,
} from './field-problems.ts';

interface ChangeOptions<Values, Answer> {
  initial: Values;
  /** What would be refused; nothing is sent while there is something. */
  check?: (values: Values) => readonly FieldProblem[];
  send: (values: Values) => Promise<Answer>;
  /** The field that a key of the server belongs to, where their names differ. */
  fieldOf?: (key: string, values: Values) => string;
  onDone: (answer: Answer, values: Values) => void;
}

/** A form that changes something: what is in it, what is wrong with it, and sending it. */
export interface Change<Values> {
  values: Values;
  /** By field, from the check or from the server. */
  problems: ProblemsByField<Values>;
  /** What went wrong that belongs to no field; null where nothing did. */
  error: unknown;
  isSending: boolean;
  isChanged: boolean;
  set: <Field extends keyof Values & string>(field: Field, value: Values[Field]) => void;
  submit: (event: FormEvent<HTMLFormElement>) => void;
  /** Back to what it began with. */
  reset: () => void;
}

/** @param options.initial read once; give the form a `key` to begin anew with something else */
export function useChange<Values extends object, Answer>(
  options: ChangeOptions<Values, Answer>,
): Change<Values> {
  const { check, send, fieldOf, onDone } = options;
  const [initial, setInitial] = useState(options.initial);
  const [values, setValues] = useState(options.initial);
  const [problems, setProblems] = useState<ProblemsByField<Values>>({});
  const place = (found: readonly FieldProblem[]) =>
    placeProblems(found, values, (key) => fieldOf?.(key, values) ?? key).byField;
  const change = useMutation({
    mutationFn: send,
    onSuccess: (answer, sent) => {
      setInitial(sent);
      onDone(answer, sent);
    },
    onError: (error) => setProblems(place(readFieldProblems(error))),
  });
  const isAtFields = Object.values(problems).some((problem) => problem !== undefined);
  return {
    values,
    problems,
    error: isAtFields ? null : change.error,
    isSending: change.isPending,
    isChanged: JSON.stringify(values) !== JSON.stringify(initial),
    set(field, value) {
      setValues((before) => ({ ...before, [field]: value }));
      setProblems((before) => ({ ...before, [field]: undefined }));
    },
    submit(event) {
      event.preventDefault();
      const form = event.currentTarget;
      const byField = place(check?.(values) ?? []);
      setProblems(byField);
      if (Object.keys(byField).length === 0) change.mutate(values);
      else focusFirstProblem(form);
    },
    reset() {
      setValues(initial);
      setProblems({});
      change.reset();
    },
  };
}

/** After React has drawn which fields are wrong. */
function focusFirstProblem(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
