/** Tells a supervisor of a measurement to count, time and trace; any other message ends that. */
export const observe = 'observe';
