import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { SearchIcon } from '../look/icons.tsx';

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
  const ask = useDebouncedCallback((words: string) => {
    asked.current = words;
    onSearch(words === '' ? undefined : words);
  }, pauseMs);
  // Follow URL changes from the back button or a link, but keep text that is being typed.
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  const change = (words: string) => {
    setText(words);
    ask(words.trim());
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
