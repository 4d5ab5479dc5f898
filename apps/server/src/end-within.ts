/** A request may wait half a minute for its answer: so long a process is given to end. */
export const END_WITHIN_MS = 35_000;
