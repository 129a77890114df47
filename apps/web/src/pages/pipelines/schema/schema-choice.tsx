import { NativeSelect } from '@mantine/core';
import type { SchemaVersionChangesResponse } from '@pumphouse/contract';
import { useId } from 'react';
import classes from './schema-choice.module.css';
import { describeVersion } from './version-texts.ts';
import { useNow } from '../../../ui/time.tsx';

interface ChoiceProps {
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChoose: (value: string) => void;
}

/** A select with its label in front. */
function Choice({ label, options, value, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <span className={classes.choice}>
      <label htmlFor={id}>{label}</label>
      <NativeSelect
        id={id}
        size="xs"
        data={[...options]}
        value={value}
        onChange={(event) => onChoose(event.currentTarget.value)}
      />
    </span>
  );
}

interface SchemaChoiceProps {
  names: readonly string[];
  name: string;
  onChoose: (name: string) => void;
}

/** Selects a schema if the pipeline has several. */
export function SchemaChoice({ names, name, onChoose }: SchemaChoiceProps) {
  if (names.length < 2) return null;
  return (
    <Choice
      label="Schema"
      options={names.map((value) => ({ value, label: value }))}
      value={name}
      onChoose={onChoose}
    />
  );
}

interface VersionChoiceProps {
  label: string;
  versions: readonly SchemaVersionChangesResponse[];
  hash: string;
  onChoose: (hash: string) => void;
}

/** Selects a version of a schema. A version too old for the list appears by its hash. */
export function VersionChoice({ label, versions, hash, onChoose }: VersionChoiceProps) {
  const now = new Date(useNow(60));
  const options = versions.map((each) => ({ value: each.version_hash, label: describeVersion(each, now) }));
  const isListed = hash === '' || options.some(({ value }) => value === hash);
  return (
    <Choice
      label={label}
      options={isListed ? options : [...options, { value: hash, label: hash.slice(0, 8) }]}
      value={hash}
      onChoose={onChoose}
    />
  );
}
