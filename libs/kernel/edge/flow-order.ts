interface Message {
  readonly id: string;
  readonly at: string;
  readonly causationId: string | null;
}

/** By time, and none before its cause, whatever the clocks of their databases say. */
export function inOrder<Ordered extends Message>(messages: readonly Ordered[]): Ordered[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const placed = new Set<Ordered>();
  const place = (message: Ordered): void => {
    if (placed.has(message)) return;
    const cause = byId.get(message.causationId ?? '');
    if (cause) place(cause);
    placed.add(message);
  };
  const byTime = messages.toSorted((one, other) => (one.at + one.id < other.at + other.id ? -1 : 1));
  for (const message of byTime) place(message);
  return [...placed];
}
