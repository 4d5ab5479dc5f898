import { kernelErrors } from '#kernel';
import { edgeErrors } from '#kernel/http';
import { type ApiSnapshot, errorsOf, type MessageSnapshot, named, operationsOf } from './compatibility.js';
import type { Schema } from './schema-changes.js';

const generated = '<!-- Made by `npm run contracts`; a test compares it with the code. -->';

interface Entry {
  readonly status: number;
  readonly message: string;
  readonly details?: Schema;
  readonly answeredBy: string[];
}

/** docs/reference/errors.md. @throws Error where two messages declare one code differently */
export function errorsPage(messages: readonly MessageSnapshot[], api: ApiSnapshot): string {
  const declared = new Map<string, Entry>();
  for (const { name, errors } of messages) {
    for (const [code, { status, message, details }] of Object.entries(errors)) {
      const entry = declared.get(code) ?? { status, message, ...(details ? { details } : {}), answeredBy: [] };
      if (entry.status !== status || entry.message !== message)
        throw new Error(`${name} declares ${code} otherwise than ${entry.answeredBy.join(', ')}`);
      entry.answeredBy.push(`\`${name}\``);
      declared.set(code, entry);
    }
  }
  const known = new Set([...declared.keys(), ...Object.keys(kernelErrors), ...Object.keys(edgeErrors)]);
  for (const { name, operation } of operationsOf(api)) {
    for (const { code, status, message } of errorsOf(operation, api)) {
      if (known.has(code)) continue;
      const entry = declared.get(code) ?? { status: Number(status), message, answeredBy: [] };
      entry.answeredBy.push(`\`${name}\``);
      declared.set(code, entry);
    }
  }
  const rows = [...declared].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `${generated}

# Errors

Every error is problem details (RFC 9457) with a stable \`code\`, \`status\`, \`detail\` and \`traceId\`. A code keeps its status and its
meaning; \`detail\` may be worded more closely than here. Fields named under *Details* come in \`details\`.

## Of the contexts

| Code | Status | Meaning | Details | Answered by |
|---|---|---|---|---|
${rows.map(([code, entry]) => `| \`${code}\` | ${entry.status} | ${entry.message} | ${detailsOf(entry.details)} | ${entry.answeredBy.join('<br>')} |`).join('\n')}

## Of the kernel

May answer any message.

${catalogue(kernelErrors)}

## Of the HTTP edge

Answered before any message is asked.

${catalogue(edgeErrors)}
`;
}

const detailsOf = (details: Schema | undefined): string =>
  Object.keys(details?.['properties'] ?? {})
    .map((name) => `\`${name}\``)
    .join(', ');

const catalogue = (errors: Readonly<Record<string, { status: number; message: string }>>): string =>
  [
    '| Code | Status | Meaning |',
    '|---|---|---|',
    ...Object.entries(errors).map(([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`),
  ].join('\n');

/** docs/reference/messages.md */
export function messagesPage(messages: readonly MessageSnapshot[]): string {
  const contexts = [...new Set(messages.map(({ context }) => context))].toSorted();
  return `${generated}

# Messages

What the contexts say to each other and to the HTTP edge. The schemas stand in [contracts/contracts.json](../../contracts/contracts.json),
the errors in [errors.md](errors.md).

A contract evolves by adding optional fields, and answers by adding any. Whatever would break a sender or a reader is a new version
of the message beside the old one; a test compares every change with the committed contracts. An answer or event may get one
more value in an enumeration: **readers ignore what they do not know**, and are deployed before those who send it.

\`\`\`mermaid
flowchart LR
${arrows(messages).join('\n')}
\`\`\`

*asks*: waits for the answer. *sends*: durable, with the sender's change; what comes of it is told by events (dotted).
${contexts
  .map((context) =>
    section(
      context,
      messages.filter((message) => message.context === context),
    ),
  )
  .join('')}`;
}

function arrows(messages: readonly MessageSnapshot[]): string[] {
  const asked = new Map<string, Set<string>>();
  const told = new Set<string>();
  for (const { kind, context, key, usedBy, subscribers } of messages) {
    if (kind === 'event')
      for (const subscriber of subscribers) told.add(`${context} -. tells .-> ${subscriber.split('.')[0]}`);
    else
      for (const user of usedBy)
        asked.set(
          `${user} ${context}`,
          (asked.get(`${user} ${context}`) ?? new Set()).add(key === null ? 'asks' : 'sends'),
        );
  }
  const speaking = [...asked].map(
    ([pair, ways]) => `${pair.replace(' ', ` -->|${[...ways].toSorted().join(', ')}| `)}`,
  );
  return [...speaking.toSorted(), ...[...told].toSorted()].map((arrow) => `  ${arrow}`);
}

function section(context: string, messages: readonly MessageSnapshot[]): string {
  const parts = (['command', 'query', 'event'] as const).flatMap((kind) => {
    const rows = messages.filter((message) => message.kind === kind);
    return rows.length === 0
      ? []
      : [kind === 'event' ? eventTable(rows) : callTable(kind === 'command' ? 'Command' : 'Query', rows)];
  });
  return `\n## ${context}\n\n${parts.join('\n\n')}\n`;
}

const callTable = (title: string, rows: readonly MessageSnapshot[]): string =>
  [
    `| ${title} | Access | Key | Used by |`,
    '|---|---|---|---|',
    ...rows.map(
      ({ name, access, key, usedBy }) => `| \`${name}\` | ${named(access)} | ${key ?? ''} | ${usedBy.join(', ')} |`,
    ),
  ].join('\n');

const eventTable = (rows: readonly MessageSnapshot[]): string =>
  [
    '| Event | Key | Heard by |',
    '|---|---|---|',
    ...rows.map(
      ({ name, key, subscribers }) =>
        `| \`${name}\` | ${key ?? ''} | ${subscribers.map((one) => `\`${one}\``).join(', ')} |`,
    ),
  ].join('\n');
