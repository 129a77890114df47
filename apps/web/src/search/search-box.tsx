import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { SearchIcon } from '../ui/icons.tsx';

interface SearchBoxProps {
  /** Search text from the URL. */
  value: string | undefined;
  /** Called after a pause in typing; undefined for an empty box. */
  onSearch: (value: string | undefined) => void;
  /** Placeholder and label: "Search jobs by name". */
  label: string;
}

const pauseMs = 200;

/** Search box of a list. The key `/` focuses it from anywhere on the page. */
export function SearchBox({ value = '', onSearch, label }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  const ask = useDebouncedCallback((message: string) => {
    asked.current = message;
    onSearch(message === '' ? undefined : message);
  }, pauseMs);
  // Follow URL changes from the back button or a link, but keep text that is being typed.
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  const change = (message: string) => {
    setText(message);
    ask(message.trim());
  };
  return (
    <TextInput
      type="search"
      size="xs"
      w={260}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      placeholder={label}
      aria-label={label}
      leftSection={<SearchIcon />}
      rightSection={
        text === '' ? null : <CloseButton size="sm" aria-label="Clear search" onClick={() => change('')} />
      }
      autoComplete="off"
      spellCheck={false}
      data-search-input
    />
  );
}
