import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { SearchIcon } from '../look/icons.tsx';

interface SearchBoxProps {
  /** What is searched, as the address has it. */
  value: string | undefined;
  /** Called a moment after the typing ends; undefined for an empty box. */
  onSearch: (value: string | undefined) => void;
  /** What can be searched for: "Search jobs by name". */
  label: string;
}

const pauseMs = 200;

/** The search of a list. The key `/` leads to it from anywhere on the page. */
export function SearchBox({ value = '', onSearch, label }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  const ask = useDebouncedCallback((words: string) => {
    asked.current = words;
    onSearch(words === '' ? undefined : words);
  }, pauseMs);
  // The address changed by itself: the way back, or a link. What is being typed is kept.
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
        text === '' ? null : (
          <CloseButton size="sm" aria-label="Clear the search" onClick={() => change('')} />
        )
      }
      autoComplete="off"
      spellCheck={false}
      data-search-input
    />
  );
}
