import { edgeErrors } from '#kernel/http';
import { kernelErrors } from '#kernel/messages';
import { type ApiSnapshot, errorsOf, type MessageSnapshot, named, operationsOf } from './compatibility.js';
import { titleOf } from './reference-pages.contexts.js';
import type { Schema } from './schema-changes.js';
import type { Place } from './snapshot-places.js';

const generated = '<!-- Made by `npm run contracts`; a test compares it with the code. -->';

interface Entry {
  readonly status: number;
  readonly message: string;
  readonly details?: Schema;
  readonly answeredBy: string[];
}

/** Codes that come in answers and not as errors, each with a sentence. */
export type Codes = Readonly<Record<string, { readonly message: string }>>;

/** docs/reference/errors.md. @throws Error where two messages declare one code differently */
export function errorsPage(messages: readonly MessageSnapshot[], api: ApiSnapshot, importRejections: Codes): string {
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
${rejections(importRejections)}`;
}

/** Why an import rejected a row: in its report, which is no error itself. */
function rejections(codes: Codes): string {
  const rows = Object.entries(codes).toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (rows.length === 0) return '';
  return `
## In the report of an import

An import answers 200 and says in \`rejected\` what it did not take, and why.

| Code | Meaning |
|---|---|
${rows.map(([code, { message }]) => `| \`${code}\` | ${message} |`).join('\n')}
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

/** docs/reference/messages.md. `lineOf` tells on which line of contracts/contracts.json a part of a message stands. */
export function messagesPage(messages: readonly MessageSnapshot[], lineOf: (place: Place) => number): string {
  const contexts = [...new Set(messages.map(({ context }) => context))].toSorted();
  const rows = messages.map((message, index): Row => {
    const shape = (part: 'input' | 'answer'): string => {
      const schema = message[part];
      return schema ? `[${summary(schema)}](${snapshot}#L${lineOf(['messages', index, part])})` : '';
    };
    return { ...message, shapes: { input: shape('input'), answer: shape('answer') } };
  });
  return `${generated}

# Messages

What the contexts say to each other and to the HTTP edge; who speaks to whom is drawn in [contexts.md](contexts.md). The shapes
link to their schemas in [contracts/contracts.json](${snapshot}); the errors are explained in [errors.md](errors.md).

A contract evolves by adding optional fields, and answers by adding any. Whatever would break a sender or a reader is a new version
of the message beside the old one; a test compares every change with the committed contracts. An answer or event may get one
more value in an enumeration: **readers ignore what they do not know**, and are deployed before those who send it.
${contexts
  .map((context) =>
    section(
      context,
      rows.filter((row) => row.context === context),
    ),
  )
  .join('')}`;
}

const snapshot = '../../contracts/contracts.json';

type Row = MessageSnapshot & { readonly shapes: Readonly<Record<'input' | 'answer', string>> };

/** What a shape is called, or else its fields; what may be left out is marked. */
function summary({ $ref, properties = {}, required = [], type }: Schema): string {
  if (typeof $ref === 'string') return `\`${$ref.split('/').at(-1)}\``;
  const fields = Object.keys(properties as object).map((name) =>
    (required as string[]).includes(name) ? `\`${name}\`` : `\`${name}?\``,
  );
  return fields.length > 0 ? fields.join(' ') : type === 'object' ? 'nothing' : String(type);
}

function section(context: string, rows: readonly Row[]): string {
  const parts = (['command', 'query', 'event'] as const).flatMap((kind) => {
    const some = rows.filter((row) => row.kind === kind);
    return some.length === 0
      ? []
      : [kind === 'event' ? eventTable(some) : callTable(kind === 'command' ? 'Command' : 'Query', some)];
  });
  return `\n## ${titleOf(context)}\n\n${parts.join('\n\n')}\n`;
}

const callTable = (title: string, rows: readonly Row[]): string =>
  [
    `| ${title} | Access | Input | Answer | Errors | Key | Used by |`,
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ name, access, shapes, errors, key, askedBy, sentBy }) =>
        `| ${[
          `\`${name}\``,
          named(access),
          shapes.input,
          shapes.answer,
          Object.keys(errors)
            .map((code) => `\`${code}\``)
            .join('<br>'),
          key ?? '',
          [...new Set([...askedBy, ...sentBy])].toSorted().join(', '),
        ].join(' | ')} |`,
    ),
  ].join('\n');

const eventTable = (rows: readonly Row[]): string =>
  [
    '| Event | Data | Key | Heard by |',
    '|---|---|---|---|',
    ...rows.map(
      ({ name, shapes, key, subscribers }) =>
        `| \`${name}\` | ${shapes.input} | ${key ?? ''} | ${subscribers.map((one) => `\`${one}\``).join(', ')} |`,
    ),
  ].join('\n');
