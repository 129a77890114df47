import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import {
  assignProblems,
  readFieldProblems,
  type FieldProblem,
  type ProblemsByField,
} from './field-problems.ts';

interface ChangeOptions<Values, Answer> {
  initial: Values;
  /** Client-side validation. The form is not sent while it returns problems. */
  check?: (values: Values) => readonly FieldProblem[];
  send: (values: Values) => Promise<Answer>;
  /** Maps a key of the server to the form field, for names that differ. */
  fieldOf?: (key: string, values: Values) => string;
  onDone: (answer: Answer, values: Values) => void;
}

/** State of a form that changes something: its values, problems and submission. */
export interface Change<Values> {
  values: Values;
  /** Problems by field, from `check` or from the server. */
  problems: ProblemsByField<Values>;
  /** Form-level error; null if there is none. */
  error: unknown;
  isSending: boolean;
  isChanged: boolean;
  set: <Field extends keyof Values & string>(field: Field, value: Values[Field]) => void;
  submit: (event: FormEvent<HTMLFormElement>) => void;
  /** Resets the form to its initial values. */
  reset: () => void;
}

/** @param options.initial read once; give the form a new `key` to start with other values */
export function useChange<Values extends object, Answer>(
  options: ChangeOptions<Values, Answer>,
): Change<Values> {
  const { check, send, fieldOf, onDone } = options;
  const [initial, setInitial] = useState(options.initial);
  const [values, setValues] = useState(options.initial);
  const [problems, setProblems] = useState<ProblemsByField<Values>>({});
  const scope = (found: readonly FieldProblem[]) =>
    assignProblems(found, values, (key) => fieldOf?.(key, values) ?? key).byField;
  const change = useMutation({
    mutationFn: send,
    onSuccess: (answer, sent) => {
      setInitial(sent);
      onDone(answer, sent);
    },
    onError: (error) => setProblems(scope(readFieldProblems(error))),
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
      const byField = scope(check?.(values) ?? []);
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

/** Waits until React has rendered which fields are invalid. */
function focusFirstProblem(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
